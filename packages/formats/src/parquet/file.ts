import type { FormatInput } from '@millrace/etl-core'
import { type Column, dateOf, timestampOf } from '@millrace/schema/columns'
import type { AsyncBuffer, FileMetaData, RowGroup } from 'hyparquet'
import { decompressors, readable } from './codec.js'
import { malformed, reading } from './errors.js'
import { type FileColumn, type ForeignColumn, fileColumns, rawMetadata } from './file-columns.js'
import { asDeclared, asStated, type ReadColumn } from './load-value.js'

/** A Parquet file whose footer is read. */
export interface ParquetFile {
  readonly columns: readonly ReadColumn[]
  readonly groups: readonly { readonly rows: number; readonly bytes: number }[]
  /** All values of a row group, by column. */
  readGroup(group: number): Promise<ReadonlyMap<string, ArrayLike<unknown>>>
}

// Row groups up to this size come in one read; of larger ones each column in its own.
const oneReadBytes = 32 * 1024 * 1024

// The rules for values want text with all digits, and `undefined` for what has none. Broken UTF-8 is damage, not a replacement character.
const parsers = () => {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const given =
    <V, R>(convert: (value: V) => R) =>
    (value: V | undefined) =>
      value === undefined ? undefined : convert(value)
  return {
    timestampFromMilliseconds: given((value: bigint) => timestampOf(value, 3)),
    timestampFromMicroseconds: given((value: bigint) => timestampOf(value, 6)),
    timestampFromNanoseconds: given((value: bigint) => timestampOf(value, 9, 7)),
    dateFromDays: given(dateOf),
    stringFromBytes: given((bytes: Uint8Array) => utf8.decode(bytes)),
    jsonFromBytes: given((bytes: Uint8Array) => JSON.parse(utf8.decode(bytes)) as unknown),
  }
}

/** Reads the footer and settles how each column is read. @throws SourceError `ETL_SOURCE_MALFORMED` */
export async function openParquet(
  input: FormatInput,
  declared: readonly Column[] | undefined,
  signal: AbortSignal | undefined,
): Promise<ParquetFile> {
  const { place } = input
  const hyparquet = await import('hyparquet')
  const file = bufferOf(input, signal)
  if (input.size < 12) throw malformed(place, 'the footer', `${input.size} bytes are no Parquet file`)
  const metadata = await reading(place, 'the footer', () => hyparquet.parquetMetadataAsync(file), signal)
  const tree = hyparquet.parquetSchema(metadata)
  const columns = readColumns(place, fileColumns(tree), declared)
  const names = columns.filter(column => column.inFile).map(column => column.name)
  const groups = metadata.row_groups.map((group, at) => checkedGroup(input, group, at, names))
  const announced = groups.reduce((sum, group) => sum + group.rows, 0)
  if (announced !== Number(metadata.num_rows)) {
    throw malformed(place, 'the footer', `it counts ${metadata.num_rows} rows, its row groups ${announced}`)
  }
  const raw = rawMetadata(metadata, tree)
  return {
    columns,
    groups,
    async readGroup(group) {
      const window = await reading(place, `row group ${group}`, () => groupWindow(file, groups[group]!), signal)
      const rowStart = groups.slice(0, group).reduce((sum, each) => sum + each.rows, 0)
      const range = { rowStart, rowEnd: rowStart + groups[group]!.rows }
      const options = { file: window, metadata: raw as FileMetaData, columns: names, utf8: false, useOffsetIndex: false }
      const scan = await hyparquet.parquetScan({ ...options, parsers: parsers(), compressors: decompressors })
      const data = new Map<string, ArrayLike<unknown>>()
      for (const column of names) {
        const where = `row group ${group}, column "${column}"`
        data.set(column, await reading(place, where, () => scan.readColumn({ column, ...range }), signal))
      }
      return data
    },
  }
}

function readColumns(
  place: string,
  stated: readonly (FileColumn | ForeignColumn)[],
  declared: readonly Column[] | undefined,
): readonly ReadColumn[] {
  const refuse = (name: string, problem: string) => malformed(place, `column "${name}"`, problem)
  const known = (column: FileColumn | ForeignColumn): FileColumn => {
    if ('unknown' in column)
      throw refuse(column.name, `${column.unknown}; name the columns to read in the option "columns" to leave it out`)
    return column
  }
  if (!declared) return stated.map(column => asStated(known(column)))
  return declared.map(wanted => {
    const found = stated.find(column => column.name === wanted.name)
    const read = asDeclared(wanted, found && known(found))
    if (typeof read === 'string') throw refuse(wanted.name, read)
    return read
  })
}

interface Group {
  readonly rows: number
  /** Of the columns to read, compressed. */
  readonly bytes: number
  readonly start: number
  readonly end: number
}

/** Where a row group lies, after a look at whether the file can hold it. */
function checkedGroup({ place, size }: FormatInput, group: RowGroup, at: number, names: readonly string[]): Group {
  const wanted = new Set(names)
  let bytes = 0
  let start = size
  let end = 0
  for (const { meta_data: meta } of group.columns) {
    const name = meta?.path_in_schema[0]
    if (!meta || name === undefined) throw malformed(place, `row group ${at}`, 'a column has no metadata')
    if (!wanted.has(name)) continue
    const where = `row group ${at}, column "${name}"`
    const first = Number(meta.dictionary_page_offset || meta.data_page_offset)
    const last = first + Number(meta.total_compressed_size)
    if (!(first >= 4 && last <= size - 8)) throw malformed(place, where, `bytes ${first} to ${last} are not in a file of ${size}`)
    if (!readable(meta.codec)) throw malformed(place, where, `the codec ${meta.codec} is not read here`)
    bytes += last - first
    start = Math.min(start, first)
    end = Math.max(end, last)
  }
  return { rows: Number(group.num_rows), bytes, start: Math.min(start, end), end }
}

/** hyparquet's view of the input. */
function bufferOf(input: FormatInput, signal: AbortSignal | undefined): AsyncBuffer {
  return {
    byteLength: input.size,
    async slice(start, end = input.size) {
      signal?.throwIfAborted()
      const bytes = await input.range(start, end)
      if (bytes.length !== end - start) throw new Error(`${bytes.length} bytes came instead of bytes ${start} to ${end}`)
      const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
      return (whole ? bytes.buffer : new Uint8Array(bytes).buffer) as ArrayBuffer
    },
  }
}

/** The file with one row group's bytes at hand, if they are few enough. */
async function groupWindow(file: AsyncBuffer, { start, end }: Group): Promise<AsyncBuffer> {
  if (end - start > oneReadBytes || end === start) return file
  const bytes = await file.slice(start, end)
  return {
    byteLength: file.byteLength,
    slice: (from, to = file.byteLength) =>
      from >= start && to <= end ? bytes.slice(from - start, to - start) : file.slice(from, to),
  }
}
