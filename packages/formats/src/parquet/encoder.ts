import { isRecordError, RecordError, type UnitEncoder, type UnitEnd } from '@millrace/etl-core'
import type { Column } from '@millrace/schema/columns'
import type { SchemaElement } from 'hyparquet'
import { type Codec, codecs } from './codec.js'
import { type Physical, physicalOf, type Stored } from './physical.js'
import { rowGroupMeta } from './row-group.js'

/** Bytes of the `PAR1` that a file of its own would begin with. */
const magicBytes = 4

/**
 * Gathers records column by column and turns each unit into one row group: the bytes between a Parquet file's `PAR1` and its footer.
 * A call with a value that does not fit takes none of its records.
 */
export function parquetEncoder<T extends object>(columns: readonly Column[], codec: Codec): UnitEncoder<T> {
  const layout = columns.map(physicalOf)
  let open = layout.map((): (Stored | null)[] => [])
  return {
    write(records) {
      const before = open[0]?.length ?? 0
      try {
        for (const [at, physical] of layout.entries()) gather(physical, records, open[at]!)
      } catch (error) {
        for (const values of open) values.length = before
        throw error
      }
      return []
    },
    async end() {
      const values = open
      open = layout.map(() => [])
      return rowGroup(layout, values, codec)
    },
  }
}

function gather({ column, store }: Physical, records: readonly object[], into: (Stored | null)[]): void {
  const { name } = column
  for (let row = 0; row < records.length; row++) {
    try {
      into.push(store((records[row] as Record<string, unknown>)[name]))
    } catch (error) {
      throw inRow(error, row)
    }
  }
}

/** The error with the record's place in the batch, for the sink that must name it. */
function inRow(error: unknown, row: number): unknown {
  if (!isRecordError(error)) return error
  return new RecordError(error.code, error.message, { path: error.path, context: { ...error.context, row } })
}

async function rowGroup(layout: readonly Physical[], values: readonly (Stored | null)[][], codec: Codec): Promise<UnitEnd> {
  // Loaded here: who writes CSV does not wait for it, and CommonJS can load an ES module only this way.
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
  const writer = new ByteWriter(1 << 16)
  const { name, compress } = codecs[codec]
  const file = new ParquetWriter({
    ...{ writer, codec: name, schema: [{ name: 'root', num_children: layout.length }, ...layout.map(elementOf)] },
    compressors: compress ? { GZIP: compress } : {},
  })
  const rows = values[0]?.length ?? 0
  const columnData = layout.map(({ column, bounds }, at) => ({
    ...{ name: column.name, data: values[at]!, statistics: bounds, offsetIndex: false },
  }))
  await file.write({ columnData, rowGroupSize: rows })
  const group = file.row_groups[0]
  if (!group || file.row_groups.length > 1)
    throw new Error(`hyparquet-writer made ${file.row_groups.length} row groups of one unit`)
  return { bytes: [writer.getBytes().subarray(magicBytes)], meta: rowGroupMeta(layout, group, rows, magicBytes) }
}

/**
 * A column as the writer needs it: its physical type only, so that it neither converts values nor bounds. Text stays text (it makes a
 * dictionary of it), and decimals of 16 bytes are given as bigint, since their bounds cannot be told from their bytes.
 */
function elementOf({ column, type, length }: Physical): SchemaElement {
  const element: SchemaElement = { name: column.name, type, repetition_type: column.nullable ? 'OPTIONAL' : 'REQUIRED' }
  if (column.type.kind === 'string') return { ...element, converted_type: 'UTF8' }
  if (column.type.kind !== 'decimal' || length === undefined) return element
  const { precision, scale } = column.type
  return { ...element, type_length: length, converted_type: 'DECIMAL', precision, scale }
}
