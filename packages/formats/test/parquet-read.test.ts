import { type Column, column } from '@millrace/schema'
import type { SchemaElement } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { parquet } from '../src/parquet/index.js'
import { batchesOf, fileOf, inputOf, recordsIn } from './parquet-tools.js'

interface Row {
  readonly n: number
  readonly price: string
}
const schema = z.object({ n: column.int32(), price: column.decimal(18, 4) })
const rows: Row[] = Array.from({ length: 7000 }, (_, n) => ({ n, price: `${n}.2500` }))
const format = parquet<Row>({ rowGroupRecords: 5000 })
const written = fileOf(format, [rows.slice(0, 5000), rows.slice(5000)], schema)

describe('reading', () => {
  it('gives batches of at most 2,000 records that never cross a row group', async () => {
    const batches = await batchesOf(format, await written)

    expect(batches.map(batch => [batch.records.length, batch.cursor])).toEqual([
      [2000, { rowGroup: 0, row: 2000 }],
      [2000, { rowGroup: 0, row: 4000 }],
      [1000, { rowGroup: 1, row: 0 }],
      [2000, { rowGroup: 2, row: 0 }],
    ])
    expect(batches[1]?.positionOf?.(5)).toEqual({ rowGroup: 0, row: 2005 })
  })

  it('goes on from each cursor without a gap', async () => {
    const bytes = await written

    for (const [at, batch] of (await batchesOf(format, bytes)).entries()) {
      const seen = Math.min(2000 * (at + 1), at === 2 ? 5000 : 7000)
      expect(await recordsIn(format, bytes, batch.cursor)).toEqual(rows.slice(seen))
    }
  })

  it('reads a row group only when it is wanted, in one range', async () => {
    const input = inputOf(await written)
    const batches = format.decode(input, undefined)[Symbol.asyncIterator]()

    await batches.next()
    expect(input.ranges).toHaveLength(2)
    for (let i = 0; i < 3; i++) await batches.next()
    expect(input.ranges).toHaveLength(3)
  })

  it('starts no request after the signal', async () => {
    const input = inputOf(await written)
    const stop = new AbortController()
    const batches = format.decode(input, { rowGroup: 0, row: 4000 }, { signal: stop.signal })[Symbol.asyncIterator]()
    await batches.next()
    const before = input.ranges.length
    stop.abort(new Error('stopped'))

    await expect(batches.next()).rejects.toThrow('stopped')
    expect(input.ranges).toHaveLength(before)
  })

  it('passes on an error of the store as it is', async () => {
    const denied = Object.assign(new Error('denied'), { code: 'ETL_SOURCE_DENIED', [Symbol.for('millrace.error')]: true })
    const input = { ...inputOf(await written), range: () => Promise.reject(denied) }

    await expect(format.decode(input, undefined)[Symbol.asyncIterator]().next()).rejects.toBe(denied)
  })
})

describe('a damaged file', () => {
  const malformed = (message = /file:out\/test\.parquet/) =>
    expect.objectContaining({ code: 'ETL_SOURCE_MALFORMED', retry: 'never', message: expect.stringMatching(message) })

  it('cut anywhere is malformed, and the error names the place', async () => {
    const bytes = await written

    for (const length of [0, 3, 11, 12, 100, bytes.length - 400, bytes.length - 8, bytes.length - 1]) {
      await expect(recordsIn(format, bytes.subarray(0, length)), `${length} bytes`).rejects.toEqual(malformed())
    }
  })

  it('with broken bytes in a page names row group and column', async () => {
    const bytes = Buffer.from(await written)
    bytes.fill(0xff, 5, 200)

    await expect(recordsIn(format, bytes)).rejects.toEqual(malformed(/row group 0, column "n"/))
  })

  it('with a broken footer, or bytes missing in the middle, is malformed', async () => {
    const bytes = Buffer.from(await written)
    const footer = Buffer.from(bytes)
    footer.fill(0x7f, footer.length - 300, footer.length - 200)
    const hole = Buffer.concat([bytes.subarray(0, 1000), bytes.subarray(30_000)])

    for (const damaged of [footer, hole]) await expect(recordsIn(format, damaged)).rejects.toEqual(malformed())
  })

  it('whose cursor leads nowhere has changed', async () => {
    for (const cursor of [{ rowGroup: 9, row: 0 }, { rowGroup: 0, row: 5000 }, 'x']) {
      await expect(recordsIn(format, await written, cursor)).rejects.toMatchObject({ code: 'ETL_SOURCE_CHANGED' })
    }
  })
})

/** A file as another writer makes it. */
function foreign(elements: SchemaElement[], columns: Record<string, unknown[]>): Uint8Array {
  const top = Object.keys(columns).length
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data }))
  return new Uint8Array(parquetWriteBuffer({ schema: [{ name: 'root', num_children: top }, ...elements], columnData }))
}
const optional = { repetition_type: 'OPTIONAL' } as const

describe('files of other writers', () => {
  it('read with the types they state', async () => {
    const bytes = foreign(
      [
        { name: 'u32', type: 'INT32', converted_type: 'UINT_32', ...optional },
        { name: 'u64', type: 'INT64', converted_type: 'UINT_64', ...optional },
        { name: 'ms', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', ...optional },
        { name: 'time', type: 'INT64', converted_type: 'TIME_MICROS', ...optional },
        { name: 'kind', type: 'BYTE_ARRAY', converted_type: 'ENUM', ...optional },
        { name: 'float', type: 'FLOAT', ...optional },
        { name: 'tags', ...optional, num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT64', ...optional },
      ],
      {
        ...{ u32: [4294967295, null], u64: [2n ** 63n - 1n, null], ms: [1738677272123n, null], time: [3600000001n, null] },
        ...{ kind: ['a', null], float: [0.5, null], tags: [[1n, null], []] },
      },
    )

    expect(await recordsIn(parquet(), bytes)).toEqual([
      {
        ...{ u32: 4294967295n, u64: '9223372036854775807', ms: '2025-02-04T13:54:32.123Z', time: '01:00:00.000001' },
        ...{ kind: 'a', float: 0.5, tags: ['1', null] },
      },
      { u32: null, u64: null, ms: null, time: null, kind: null, float: null, tags: [] },
    ])
  })

  it('lose only the rows whose values cannot travel', async () => {
    const bytes = foreign([{ name: 'x', type: 'DOUBLE', ...optional }], { x: [1, Number.NaN, 3] })

    const [batch] = await batchesOf(parquet(), bytes)

    expect(batch?.records).toEqual([{ x: 1 }, { x: 3 }])
    expect(batch?.positionOf?.(1)).toEqual({ rowGroup: 0, row: 2 })
    expect(batch?.unreadable).toMatchObject([
      { raw: { x: 'NaN' }, position: { rowGroup: 0, row: 1 }, error: { code: 'ETL_RECORD_INVALID' } },
    ])
  })

  it('are read as the columns declare: some, in that order, converted where nothing is lost', async () => {
    const bytes = foreign(
      [
        { name: 'id', type: 'INT32', ...optional },
        { name: 'at', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
        { name: 'label', type: 'BYTE_ARRAY', ...optional },
        { name: 'seen', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', ...optional },
        { name: 'span', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 12, converted_type: 'INTERVAL', ...optional },
      ],
      {
        id: [1],
        at: ['2025-02-04 14:54:32+01:00'],
        label: [Buffer.from('ñ')],
        seen: [1738677272120000n],
        span: [new Uint8Array(12)],
      },
    )
    const columns: Column[] = [
      { name: 'label', type: { kind: 'string', length: 5 }, nullable: false },
      { name: 'at', type: { kind: 'timestamp', precision: 0 }, nullable: false },
      { name: 'seen', type: { kind: 'timestamp', precision: 3 }, nullable: false },
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'gone', type: { kind: 'string' }, nullable: true },
    ]

    const [record] = await recordsIn(parquet({ columns }), bytes)

    expect(record).toEqual({ label: 'ñ', at: '2025-02-04T13:54:32Z', seen: '2025-02-04T13:54:32.120Z', id: 1n, gone: null })
    expect(Object.keys(record as object)).toEqual(columns.map(each => each.name))
    await expect(recordsIn(parquet(), bytes)).rejects.toThrow(/column "span": INTERVAL is not read here/)
  })

  it('that do not have the declared columns are malformed', async () => {
    const bytes = foreign([{ name: 'x', type: 'DOUBLE', ...optional }], { x: [1] })
    const reading = (name: string, kind: 'int32' | 'float64') =>
      recordsIn(parquet({ columns: [{ name, type: { kind }, nullable: false }] }), bytes)

    await expect(reading('y', 'float64')).rejects.toThrow(/column "y": it is not in the file/)
    await expect(reading('x', 'int32')).rejects.toThrow(/column "x": the file has float64 where int32 is declared/)
  })
})
