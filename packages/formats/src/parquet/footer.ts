import type { Assembly, UnitReceipt } from '@millrace/etl-core'
import type { Column, ColumnType } from '@millrace/schema/columns'
import { type Codec, codecs } from './codec.js'
import { type Physical, physicalOf, unitDigits } from './physical.js'
import { type ChunkMeta, type GroupMeta, groupMetaOf } from './row-group.js'
import { binary, bool, i32, i64, list, struct, type Thrift, thriftBytes } from './thrift.js'

const magic = Buffer.from('PAR1')

// Without a version, so that the same records give the same bytes from one release to the next.
const createdBy = 'millrace'

/**
 * What goes around row groups to make one file of them: `PAR1` in front, behind them the footer with all offsets moved to where each group
 * lies. No groups give a file with columns and no rows.
 *
 * Field numbers are those of parquet.thrift (the Apache Parquet format 2.10).
 */
export function assembleParquet(columns: readonly Column[], codec: Codec, units: readonly UnitReceipt[]): Assembly {
  const layout = columns.map(physicalOf)
  let offset = magic.length
  let rows = 0
  const groups = units.map(unit => {
    const group = groupMetaOf(unit.meta, layout.length)
    const thrift = rowGroup(layout, codecs[codec].code, group, offset)
    offset += unit.bytes
    rows += group.rows
    return thrift
  })
  const footer = thriftBytes(
    struct({
      1: i32(2),
      2: list('struct', [struct({ 4: binary('root'), 5: i32(layout.length) }), ...layout.map(schemaElement)]),
      3: i64(rows),
      4: list('struct', groups),
      6: binary(createdBy),
      // Bounds follow the order of each column's type.
      7: list(
        'struct',
        layout.map(() => struct({ 1: struct({}) })),
      ),
    }),
  )
  return { head: new Uint8Array(magic), between: new Uint8Array(0), tail: closing(footer) }
}

function closing(footer: Uint8Array): Uint8Array {
  const tail = Buffer.alloc(footer.length + 8)
  tail.set(footer)
  tail.writeUInt32LE(footer.length, footer.length)
  tail.set(magic, footer.length + 4)
  return new Uint8Array(tail.buffer, tail.byteOffset, tail.length)
}

function schemaElement({ column, typeCode, length }: Physical): Thrift {
  const { converted, scale, precision, logical } = annotationOf(column.type)
  return struct({
    ...{
      1: i32(typeCode),
      2: length === undefined ? undefined : i32(length),
      3: i32(column.nullable ? 1 : 0),
      4: binary(column.name),
    },
    ...{ 6: some(converted), 7: some(scale), 8: some(precision), 10: logical },
  })
}

const some = (value: number | undefined): Thrift | undefined => (value === undefined ? undefined : i32(value))

interface Annotation {
  readonly converted?: number
  readonly scale?: number
  readonly precision?: number
  readonly logical?: Thrift
}

/** What a column means, in the old spelling (converted type) and the new (logical type): engines read the one or the other. */
function annotationOf(type: ColumnType): Annotation {
  const nothing = struct({})
  switch (type.kind) {
    case 'string':
      return { converted: 0, logical: struct({ 1: nothing }) }
    case 'decimal': {
      const { scale, precision } = type
      return { converted: 5, scale, precision, logical: struct({ 5: struct({ 1: i32(scale), 2: i32(precision) }) }) }
    }
    case 'date':
      return { converted: 6, logical: struct({ 6: nothing }) }
    case 'timestamp': {
      const micros = unitDigits(type.precision) === 6
      const unit = struct({ [micros ? 2 : 3]: nothing })
      // Nanoseconds have no old spelling.
      return { ...(micros ? { converted: 10 } : {}), logical: struct({ 8: struct({ 1: bool(true), 2: unit }) }) }
    }
    case 'json':
      return { converted: 19, logical: struct({ 12: nothing }) }
    default:
      return {}
  }
}

function rowGroup(layout: readonly Physical[], codec: number, group: GroupMeta, offset: number): Thrift {
  const compressed = group.chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0)
  return struct({
    1: list(
      'struct',
      group.chunks.map((chunk, at) => columnChunk(layout[at]!, codec, group.rows, chunk, offset)),
    ),
    2: i64(group.uncompressedBytes),
    3: i64(group.rows),
    5: i64(offset),
    6: i64(compressed),
  })
}

function columnChunk({ column, typeCode }: Physical, codec: number, rows: number, chunk: ChunkMeta, offset: number): Thrift {
  const { dataOffset, dictionaryOffset } = chunk
  return struct({
    2: i64(offset + (dictionaryOffset ?? dataOffset)),
    3: struct({
      ...{ 1: i32(typeCode), 2: list('i32', chunk.encodings.map(i32)), 3: list('binary', [binary(column.name)]), 4: i32(codec) },
      ...{ 5: i64(rows), 6: i64(chunk.uncompressedBytes), 7: i64(chunk.compressedBytes), 9: i64(offset + dataOffset) },
      11: dictionaryOffset === undefined ? undefined : i64(offset + dictionaryOffset),
      12: statistics(chunk),
      13: encodingStats(chunk),
    }),
  })
}

function statistics({ nulls, min, max }: ChunkMeta): Thrift | undefined {
  if (nulls === undefined) return undefined
  return struct({
    ...{ 3: i64(nulls), 5: max && binary(max.bytes), 6: min && binary(min.bytes) },
    ...{ 7: max && bool(max.exact), 8: min && bool(min.exact) },
  })
}

/** Which pages are encoded how: an engine that knows all are dictionary pages can skip a group by the dictionary. */
function encodingStats({ encodings, dataPages, dictionaryOffset }: ChunkMeta): Thrift | undefined {
  const encoding = encodings.at(-1)
  if (dataPages === 0 || encoding === undefined) return undefined
  const data = struct({ 1: i32(3), 2: i32(encoding), 3: i32(dataPages) })
  return list('struct', dictionaryOffset === undefined ? [data] : [struct({ 1: i32(2), 2: i32(0), 3: i32(1) }), data])
}
