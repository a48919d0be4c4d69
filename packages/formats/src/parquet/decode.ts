import {
  type Cursor,
  type DecodeOptions,
  type FormatInput,
  isRecordError,
  type Json,
  type SourceBatch,
  SourceError,
  toJson,
  type Unreadable,
} from '@millrace/etl-core'
import type { Column } from '@millrace/schema/columns'
import { malformed } from './errors.js'
import { openParquet, type ParquetFile } from './file.js'
import { rawRow, rowsOf } from './load-value.js'

/** Records in a batch, at most. */
const batchRecords = 2000

/** The next record to read. */
interface Position {
  readonly rowGroup: number
  readonly row: number
}

/** Reads a Parquet file one row group at a time. */
export async function* decodeParquet<T>(
  input: FormatInput,
  from: Cursor | undefined,
  declared: readonly Column[] | undefined,
  { signal }: DecodeOptions = {},
): AsyncGenerator<SourceBatch<T>> {
  const file = await openParquet(input, declared, signal)
  const start = positionOf(input.place, from)
  if (start.rowGroup > file.groups.length || start.row >= (file.groups[start.rowGroup]?.rows ?? 1))
    throw changed(input.place, start)
  for (let rowGroup = start.rowGroup; rowGroup < file.groups.length; rowGroup++) {
    yield* groupBatches<T>(input.place, file, rowGroup, rowGroup === start.rowGroup ? start.row : 0)
  }
}

async function* groupBatches<T>(
  place: string,
  file: ParquetFile,
  rowGroup: number,
  first: number,
): AsyncGenerator<SourceBatch<T>> {
  const { rows, bytes } = file.groups[rowGroup]!
  const data = await file.readGroup(rowGroup)
  for (const [name, values] of data) {
    if (values.length === rows) continue
    throw malformed(
      place,
      `row group ${rowGroup}, column "${name}"`,
      `${values.length} values are there, and ${rows} were announced`,
    )
  }
  for (let at = first; at < rows; at += batchRecords) {
    const end = Math.min(at + batchRecords, rows)
    const next: Position = end === rows ? { rowGroup: rowGroup + 1, row: 0 } : { rowGroup, row: end }
    yield batchOf<T>(file, data, { rowGroup, row: at }, end, next, Math.round((bytes * (end - at)) / rows))
  }
}

function batchOf<T>(
  { columns }: ParquetFile,
  data: ReadonlyMap<string, ArrayLike<unknown>>,
  start: Position,
  end: number,
  next: Position,
  bytes: number,
): SourceBatch<T> {
  const found = rowsOf<T>(columns, data, start.row, end)
  const records: T[] = []
  const positions: number[] = []
  const unreadable: Unreadable[] = []
  found.forEach((row, index) => {
    const at = start.row + index
    if (isRecordError(row)) {
      unreadable.push({ raw: toJson(rawRow(columns, data, at)), position: { rowGroup: start.rowGroup, row: at }, error: row })
    } else {
      records.push(row)
      positions.push(at)
    }
  })
  return {
    ...{ records, cursor: { ...next }, bytes },
    ...(unreadable.length > 0 ? { unreadable } : {}),
    positionOf: (row: number): Json => ({ rowGroup: start.rowGroup, row: positions[row] ?? null }),
  }
}

function positionOf(place: string, cursor: Cursor | undefined): Position {
  if (cursor === undefined) return { rowGroup: 0, row: 0 }
  const { rowGroup, row } = (cursor ?? {}) as Partial<Position>
  if (Number.isInteger(rowGroup) && Number.isInteger(row) && rowGroup! >= 0 && row! >= 0)
    return { rowGroup: rowGroup!, row: row! }
  throw changed(place, cursor)
}

/** The cursor of an earlier batch leads nowhere in this file. */
function changed(place: string, cursor: unknown): SourceError {
  return new SourceError(
    'ETL_SOURCE_CHANGED',
    `Going on with ${place} as Parquet: there is no position ${JSON.stringify(cursor)} in it, so it is not the file it was.`,
    { context: { place, cursor: toJson(cursor) } },
  )
}
