import { isRecordError, RecordError, type UnitEncoder } from '@millrace/etl-core'
import type { Column } from '@millrace/schema/columns'
import type { Codec } from './codec.js'
import type { ColumnBuilder } from './column-builder.js'
import { feedLate, feedOf } from './feed.js'
import { fixedBuilder } from './fixed-builder.js'
import { columnChunk } from './pages.js'
import { physicalOf } from './physical.js'
import { type ChunkMeta, groupJson } from './row-group.js'
import { textBuilder } from './text-builder.js'

/**
 * Gathers records column by column and turns each unit into one row group: the bytes between a Parquet file's `PAR1` and its footer.
 * A call with a value that does not fit takes none of its records.
 */
export function parquetEncoder<T extends object>(columns: readonly Column[], codec: Codec): UnitEncoder<T> {
  const builders = columns.map(builderOf)
  const names = columns.map(({ name }) => name)
  const feed = feedOf(names, builders)
  // Of a record, the last column is the last to be taken.
  const rows = () => builders.at(-1)!.rows
  return {
    write(records) {
      const before = rows()
      try {
        feed(records)
      } catch (error) {
        const row = rows() - before
        for (const builder of builders) builder.undo()
        throw inRow(error, row)
      }
      for (const builder of builders) builder.keep()
      return []
    },
    writeLate(late) {
      try {
        feedLate(late, names, builders)
      } catch (error) {
        for (const builder of builders) builder.undo()
        // Asked with records, it will say which one it is.
        if (isRecordError(error)) return undefined
        throw error
      }
      for (const builder of builders) builder.keep()
      return []
    },
    end() {
      const bytes: Uint8Array[] = []
      const chunks: ChunkMeta[] = []
      const meta = { rows: rows(), uncompressedBytes: 0, chunks }
      let length = 0
      for (const [at, builder] of builders.entries()) {
        const chunk = columnChunk(builder.values(), columns[at]!.nullable, codec, length)
        bytes.push(...chunk.bytes)
        chunks.push(chunk.meta)
        length += chunk.meta.compressedBytes
        meta.uncompressedBytes += chunk.meta.uncompressedBytes
        builder.clear()
      }
      return { bytes, meta: groupJson(meta) }
    },
  }
}

/** The builder for a column. */
function builderOf(column: Column): ColumnBuilder {
  const physical = physicalOf(column)
  return physical.type === 'BYTE_ARRAY' ? textBuilder(physical) : fixedBuilder(physical)
}

/** The error with the record's place in the batch, for the sink that must name it. */
function inRow(error: unknown, row: number): unknown {
  if (!isRecordError(error)) return error
  return new RecordError(error.code, error.message, { path: error.path, context: { ...error.context, row } })
}
