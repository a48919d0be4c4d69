import type { Codec } from './codec.js'
import { codecs } from './codec.js'
import type { ColumnValues } from './column-builder.js'
import { bitsFor, hybrid } from './rle.js'
import type { ChunkMeta } from './row-group.js'
import { bool, i32, struct, type Thrift, thriftBytes } from './thrift.js'

/** The bytes of a column in one row group, and what the footer says of them. */
export interface Chunk {
  readonly bytes: readonly Uint8Array[]
  readonly meta: ChunkMeta
}

/** Codes of the format (parquet.thrift). */
const page = { dictionary: 2, data: 3 } as const
const encoding = { plain: 0, dictionary: 8 } as const

// Readers hold a page as a whole.
const maxPageRows = 1 << 16
const maxPageBytes = 1 << 20

/**
 * Lays out a column: a page with its dictionary, if it has one, and data pages of version 2, which is what hyparquet, DuckDB, Spark and Athena read.
 *
 * @param start - Where in the unit it begins.
 */
export function columnChunk(column: ColumnValues, nullable: boolean, codec: Codec, start: number): Chunk {
  const bytes: Uint8Array[] = []
  let written = 0
  let uncompressed = 0
  const put = (header: (compressedBytes: number) => Thrift, levels: Uint8Array, data: Uint8Array) => {
    const { compress } = codecs[codec]
    // Data is of the builder's memory, which the next unit overwrites.
    const packed = compress ? compress(data) : new Uint8Array(data)
    const head = thriftBytes(header(levels.length + packed.length))
    for (const piece of [head, levels, packed]) if (piece.length > 0) bytes.push(piece)
    written += head.length + levels.length + packed.length
    uncompressed += head.length + levels.length + data.length
  }
  const { values } = column
  const dictionary = 'ids' in values ? values : undefined
  if (dictionary) {
    const { entries, entryCount } = dictionary
    put(size => dictionaryHeader(entries.length, size, entryCount), new Uint8Array(0), entries)
  }
  const dataOffset = start + written
  let dataPages = 0
  for (const { rows, count, first, defined } of pagesOf(column)) {
    const levels = nullable ? levelsOf(defined, rows) : new Uint8Array(0)
    const data =
      'ids' in values ? idsOf(values.ids, first, count, bitsFor(values.entryCount - 1)) : values.page(first, first + count)
    put(size => dataHeader({ rows, count, levels: levels.length, data: data.length, size, plain: !dictionary }), levels, data)
    dataPages++
  }
  return {
    bytes,
    meta: {
      encodings: dictionary ? [encoding.plain, encoding.dictionary] : [encoding.plain],
      ...{ dataPages, uncompressedBytes: uncompressed, compressedBytes: written, dataOffset },
      ...(dictionary ? { dictionaryOffset: start } : {}),
      nulls: column.rows - column.count,
      ...(column.min ? { min: column.min } : {}),
      ...(column.max ? { max: column.max } : {}),
    },
  }
}

interface PageRange {
  readonly rows: number
  /** Values among the rows, and the first of them. */
  readonly count: number
  readonly first: number
  readonly defined?: Uint8Array
}

/** Cuts a column by rows and bytes; a value that is larger than a page has one of its own. */
function* pagesOf({ rows, defined, values }: ColumnValues): Generator<PageRange> {
  const bytesBefore = 'ids' in values ? () => 0 : values.bytesBefore
  let first = 0
  for (let row = 0; row < rows; ) {
    const limit = bytesBefore(first) + maxPageBytes
    const from = row
    let next = first
    if ('ids' in values && !defined) {
      // Nothing to look at: rows are values, and ids are small.
      row = Math.min(rows, from + maxPageRows)
      next = row
    }
    while (row < rows && row - from < maxPageRows) {
      const more = defined?.[row] ?? 1
      if (more > 0 && next > first && bytesBefore(next + 1) > limit) break
      next += more
      row++
    }
    yield { rows: row - from, count: next - first, first, ...(defined ? { defined: defined.subarray(from, row) } : {}) }
    first = next
  }
}

const allDefined = new Uint8Array(maxPageRows).fill(1)

const levelsOf = (defined: Uint8Array = allDefined, rows: number): Uint8Array => hybrid(defined, 0, rows, 1)

/** Ids behind a byte that says how many bits each has. */
function idsOf(ids: Int32Array, first: number, count: number, bits: number): Uint8Array {
  const packed = hybrid(ids, first, first + count, bits)
  const out = new Uint8Array(packed.length + 1)
  out[0] = bits
  out.set(packed, 1)
  return out
}

function dictionaryHeader(bytes: number, compressedBytes: number, entries: number): Thrift {
  return struct({
    ...{ 1: i32(page.dictionary), 2: i32(bytes), 3: i32(compressedBytes) },
    7: struct({ 1: i32(entries), 2: i32(encoding.plain) }),
  })
}

interface DataHeader {
  readonly rows: number
  readonly count: number
  readonly levels: number
  readonly data: number
  readonly size: number
  readonly plain: boolean
}

function dataHeader({ rows, count, levels, data, size, plain }: DataHeader): Thrift {
  return struct({
    ...{ 1: i32(page.data), 2: i32(levels + data), 3: i32(size) },
    8: struct({
      ...{ 1: i32(rows), 2: i32(rows - count), 3: i32(rows), 4: i32(plain ? encoding.plain : encoding.dictionary) },
      ...{ 5: i32(levels), 6: i32(0), 7: bool(true) },
    }),
  })
}
