import { type LateColumns, wholeTable } from '@millrace/etl-core'
import { column } from '@millrace/schema'
import fc from 'fast-check'
import { parquetMetadata, snappyUncompress } from 'hyparquet'
import { snappyCompress } from 'hyparquet-writer/src/snappy.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { parquet } from '../src/parquet/index.js'
import { bitsFor, hybrid } from '../src/parquet/rle.js'
import { snappy } from '../src/parquet/snappy.js'
import { bufferOf, fileOf, recordsIn, runs } from './parquet-tools.js'

/** The numbers of a stretch of the hybrid, read by what its description says and nothing else. */
function unpacked(bytes: Uint8Array, bits: number, count: number): number[] {
  const out: number[] = []
  let at = 0
  const head = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (out.length < count) {
    const value = head()
    if (value % 2 === 0) {
      let repeated = 0
      for (let byte = 0; byte < Math.ceil(bits / 8); byte++) repeated += bytes[at++]! * 256 ** byte
      for (let index = 0; index < value / 2; index++) out.push(repeated)
      continue
    }
    const groups = (value - 1) / 2
    const text = [...bytes.subarray(at, at + groups * bits)]
      .map(byte => byte.toString(2).padStart(8, '0'))
      .reverse()
      .join('')
    at += groups * bits
    for (let index = 0; index < groups * 8; index++) {
      out.push(Number.parseInt(text.slice(text.length - (index + 1) * bits, text.length - index * bits) || '0', 2))
    }
  }
  expect(at).toBe(bytes.length)
  return out.slice(0, count)
}

describe('numbers in the hybrid of repetitions and bits', () => {
  it('come back, whatever their bits and however they repeat', () => {
    const stretches = fc.integer({ min: 0, max: 31 }).chain(bits =>
      fc.tuple(
        fc.constant(bits),
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 2 ** bits - 1 }),
            fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(1), fc.constant(700)),
          ),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
      ),
    )
    fc.assert(
      fc.property(stretches, fc.nat(5), ([bits, parts], from) => {
        const values = Int32Array.from(parts.flatMap(([value, times]) => Array<number>(times).fill(value)))
        const first = Math.min(from, values.length - 1)

        const bytes = hybrid(values, first, values.length, bits)

        expect(unpacked(bytes, bits, values.length - first)).toEqual([...values.subarray(first)])
      }),
      runs(200),
    )
  })

  it('of one value take three bytes and less', () => {
    expect(hybrid(new Int32Array(8000).fill(1), 0, 8000, 1)).toHaveLength(3)
    expect([0, 1, 2, 255, 256].map(bitsFor)).toEqual([0, 1, 2, 8, 9])
  })
})

describe('snappy', () => {
  const opened = (packed: Uint8Array, length: number) => {
    const out = new Uint8Array(length)
    snappyUncompress(packed, out)
    return out
  }

  it('brings back any bytes', () => {
    const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 90 }), fc.integer({ min: 1, max: 60 })), { maxLength: 12 })
    fc.assert(
      fc.property(pieces, parts => {
        const bytes = Buffer.concat(parts.flatMap(([piece, times]) => Array<Uint8Array>(times).fill(piece)))

        expect(Buffer.compare(opened(snappy(bytes), bytes.length), bytes)).toBe(0)
      }),
      runs(200),
    )
  })

  it('brings back more than one block, and packs about as well as another does', () => {
    const words = Array.from({ length: 40_000 }, (_, i) => `name ${(i * i) % 977} ${i % 13}\n`)
    const text = Buffer.from(words.join(''))
    const noise = Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24)
    for (const bytes of [text, new Uint8Array(300_000), noise]) {
      const packed = snappy(bytes)

      expect(Buffer.compare(opened(packed, bytes.length), bytes)).toBe(0)
      expect(packed.length).toBeLessThan(snappyCompress(bytes).length * 1.1 + 100)
    }
  })
})

describe('a column', () => {
  const schema = z.object({ s: column.string().nullable(), n: column.int32().nullable(), f: column.float64(), j: column.json() })
  type Row = z.infer<typeof schema>
  const row = (s: string | null, n: number | null, f = 0, j: Row['j'] = []): Row => ({ s, n, f, j })
  const encodings = (bytes: Uint8Array) =>
    parquetMetadata(bufferOf(bytes)).row_groups[0]!.columns.map(({ meta_data }) => meta_data!.encodings.at(-1))
  const pages = (bytes: Uint8Array) =>
    parquetMetadata(bufferOf(bytes)).row_groups[0]!.columns.map(
      ({ meta_data }) => meta_data!.encoding_stats!.find(stat => stat.page_type === 'DATA_PAGE_V2')!.count,
    )

  afterEach(() => void vi.unstubAllGlobals())

  it.each([
    ['one value', 1, 'RLE_DICTIONARY'],
    ['few values', 300, 'RLE_DICTIONARY'],
    ['a quarter as many as records', 3750, 'RLE_DICTIONARY'],
    ['nearly as many as records', 60_000, 'PLAIN'],
  ])('of %s is read back, with a dictionary where that pays', async (_, different, encoding) => {
    const rows = Array.from({ length: 15_000 }, (_, i) => {
      const value = (Math.imul(i, 0x9e3779b1) >>> 7) % different
      return row(i % 11 === 3 ? null : `some text that is long ${value}`, i % 17 === 4 ? null : value, value / 8, { v: value })
    })

    const bytes = await fileOf(parquet<Row>(), [rows], schema)

    expect(await recordsIn(parquet<Row>(), bytes)).toEqual(rows)
    expect(encodings(bytes)).toEqual([encoding, encoding, encoding, encoding])
  })

  it('whose first values repeat, and whose others do not, is read back', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => row(i < 2000 ? 'x' : `y${i}`, i < 2000 ? 1 : i, i < 2000 ? 1 : i))

    const bytes = await fileOf(parquet<Row>(), [rows], schema)

    expect(await recordsIn(parquet<Row>(), bytes)).toEqual(rows)
  })

  it('of texts longer than a page has pages for them, and one of a million records has several', async () => {
    const long = Array.from({ length: 5 }, (_, i) => row(`${i}`.repeat(700_000), i))
    const many = Array.from({ length: 150_000 }, (_, i) => row(i % 3 === 0 ? null : 'a', i))

    const [few, more] = [await fileOf(parquet<Row>(), [long], schema), await fileOf(parquet<Row>(), [many], schema)]

    expect(await recordsIn(parquet<Row>(), few)).toEqual(long)
    expect(pages(few)[0]).toBe(5)
    expect(await recordsIn(parquet<Row>(), more)).toEqual(many)
    expect(pages(more)).toEqual([3, 3, 3, 3])
  })

  it('keeps -0 apart from 0, and its bounds hold both', async () => {
    const rows = [0, -0, 0, -0].flatMap(f => Array.from({ length: 100 }, () => row(null, null, f)))

    const bytes = await fileOf(parquet<Row>(), [rows], schema)

    const { min_value: low, max_value: high } = parquetMetadata(bufferOf(bytes)).row_groups[0]!.columns[2]!.meta_data!.statistics!
    expect((await recordsIn(parquet<Row>(), bytes)).map(({ f }) => f)).toEqual(rows.map(({ f }) => f))
    expect([low, high]).toEqual([-0, 0])
  })

  it('keeps every text apart from every other: what looks alike, what is cut alike, what is no text', async () => {
    const texts = [
      '',
      ' ',
      'a',
      'á',
      'a\u0301',
      '\u0000',
      'a\u0000',
      'abcdefghijklmnop',
      'abcdefgh1jklmnop',
      'ａ',
      '𐀀',
      '\ufffd',
      '\uffff',
    ]
    const rows = Array.from({ length: 600 }, (_, i) => row(texts[i % texts.length]!, 0))

    expect(await recordsIn(parquet<Row>(), await fileOf(parquet<Row>(), [rows], schema))).toEqual(rows)
  })

  it('is the same whether records come at once or one by one, and where no code may be made from text', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => row(i % 5 === 0 ? null : `t${i % 1700}`, i % 900, i / 3))
    const format = parquet<Row>({ rowGroupRecords: 3000 })
    const once = await fileOf(format, [rows], schema)

    expect(
      await fileOf(
        format,
        rows.map(each => [each]),
        schema,
      ),
    ).toEqual(once)
    vi.stubGlobal('Function', () => {
      throw new EvalError('Code generation from strings disallowed for this context')
    })
    expect(await fileOf(format, [rows], schema)).toEqual(once)
  })

  it('forgets a refused batch altogether: its texts, and what they would have decided', async () => {
    const format = parquet<Row>().prepare!({ pipeline: 'test', schema })
    const same = Array.from({ length: 1000 }, () => row('same', 1))
    const own = Array.from({ length: 3000 }, (_, i) => row(`own ${i}`, i, i, { i }))
    const wrong = row('x', 1.5)
    const write = async (batches: Row[][]) => {
      const encoder = format.encoder()
      for (const batch of batches) {
        try {
          await encoder.write(batch)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ETL_RECORD_INVALID', context: { row: batch.indexOf(wrong) } })
        }
      }
      return encoder.end()
    }

    expect(await write([same, [...own, wrong], same])).toEqual(await write([same, same]))
    expect(await write([[wrong], own, [...same, wrong], same])).toEqual(await write([own, same]))
  })

  it('is the same of records that are not made yet, and takes nothing of those that it refuses', async () => {
    const format = parquet<Row>().prepare!({ pipeline: 'test', schema })
    const tableOf = (records: readonly Row[]): LateColumns => {
      const names = ['f', 's', 'j', 'n'] as const
      const read = (at: number, column: number) => records[at]![names[column]!]
      return wholeTable({ names, length: records.length, read, number: (at, column) => Number(read(at, column)) })
    }
    const rows = Array.from({ length: 3000 }, (_, i) => row(i % 5 === 0 ? null : `t${i % 1700}`, i % 900, i / 3, { i }))
    const late = format.encoder()
    const made = format.encoder()

    expect(await late.writeLate!(tableOf(rows))).toEqual([])
    expect(await late.writeLate!(tableOf([...rows, row('x', 1.5)]))).toBeUndefined()
    await late.write(rows)
    for (let times = 0; times < 2; times++) await made.write(rows)

    expect(await late.end()).toEqual(await made.end())
  })

  it('says what an open row group takes, from its columns', () => {
    const sizeOf = (rowGroupRecords: number) =>
      parquet<Row>({ rowGroupRecords }).prepare!({ pipeline: 'test', schema }).bufferBytes!

    expect(sizeOf(20_000)).toBe(2 * 20_000 * (32 + 4 + 8 + 32))
    expect(parquet().bufferBytes).toBe(0)
  })

  it('begins each unit anew', async () => {
    const format = parquet<Row>().prepare!({ pipeline: 'test', schema })
    const rows = Array.from({ length: 2000 }, (_, i) => row(i % 2 === 0 ? null : `text ${i}`, i))
    const encoder = format.encoder()
    await encoder.write(rows)
    const first = await encoder.end()
    const kept = Buffer.concat(first.bytes)
    await encoder.write(rows.toReversed())
    const second = await encoder.end()
    const fresh = format.encoder()
    await fresh.write(rows.toReversed())

    expect(second).toEqual(await fresh.end())
    expect(Buffer.concat(first.bytes)).toEqual(kept)
  })
})
