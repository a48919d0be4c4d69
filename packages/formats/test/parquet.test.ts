import { column, decimalOf, timestampOf } from '@millrace/schema'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { parquet } from '../src/parquet/index.js'
import { bufferOf, fileOf, recordsIn, runs } from './parquet-tools.js'

const everything = z.object({
  i: column.int32(),
  l: column.int64().nullable(),
  f: column.float64().nullable(),
  small: column.decimal(9, 2).nullable(),
  money: column.decimal(18, 4).nullable(),
  big: column.decimal(38, 10).nullable(),
  day: column.date().nullable(),
  at: column.timestamp(6).nullable(),
  tick: column.timestamp(7).nullable(),
  b: column.bool().nullable(),
  s: column.string().nullable(),
  raw: column.bytes().nullable(),
  j: column.json().nullable(),
})
type Row = z.infer<typeof everything>

const full: Row = {
  ...{ i: -2147483648, l: 9007199254740993n, f: 0.1, small: '-9999999.99', money: '12345678901234.5678' },
  ...{ big: '-1234567890123456789012345678.0123456789', day: '1969-12-31', at: '2025-02-04T13:54:32.123456Z' },
  ...{
    tick: '1900-01-01T00:00:00.1234567Z',
    b: true,
    s: 'Canna ‘Striata’ – ñ 🌱',
    raw: new Uint8Array([0, 255]),
    j: { a: [1, null, 'x'] },
  },
}
const empty = { ...Object.fromEntries(Object.keys(full).map(key => [key, null])), i: 7 } as Row

describe('parquet', () => {
  it('brings back every type exactly, nulls too', async () => {
    const bytes = await fileOf(parquet<Row>(), [[full, empty, full]], everything)

    expect(await recordsIn(parquet<Row>(), bytes)).toEqual([full, empty, full])
  })

  it.each(['snappy', 'gzip', 'uncompressed'] as const)(
    'brings back text that repeats and text that does not, with %s',
    async codec => {
      const rows = Array.from({ length: 3000 }, (_, i) => ({ same: `group ${i % 7}`, own: `row ${i} ${'x'.repeat(i % 50)}` }))
      const schema = z.object({ same: z.string(), own: z.string() })

      const bytes = await fileOf(parquet<(typeof rows)[0]>({ codec }), [rows], schema)

      expect(await recordsIn(parquet(), bytes)).toEqual(rows)
      expect(parquetMetadata(bufferOf(bytes)).row_groups[0]?.columns[0]?.meta_data?.codec).toBe(codec.toUpperCase())
    },
  )

  it('states types and nullability as other readers know them', async () => {
    const { schema, created_by } = parquetMetadata(bufferOf(await fileOf(parquet<Row>(), [[full]], everything)))

    expect(created_by).toBe('millrace')
    expect(
      schema.map(({ name, type, type_length, repetition_type, converted_type }) => [
        name,
        type,
        type_length,
        repetition_type,
        converted_type,
      ]),
    ).toEqual([
      ['root', undefined, undefined, undefined, undefined],
      ['i', 'INT32', undefined, 'REQUIRED', undefined],
      ['l', 'INT64', undefined, 'OPTIONAL', undefined],
      ['f', 'DOUBLE', undefined, 'OPTIONAL', undefined],
      ['small', 'INT32', undefined, 'OPTIONAL', 'DECIMAL'],
      ['money', 'INT64', undefined, 'OPTIONAL', 'DECIMAL'],
      ['big', 'FIXED_LEN_BYTE_ARRAY', 16, 'OPTIONAL', 'DECIMAL'],
      ['day', 'INT32', undefined, 'OPTIONAL', 'DATE'],
      ['at', 'INT64', undefined, 'OPTIONAL', 'TIMESTAMP_MICROS'],
      ['tick', 'INT64', undefined, 'OPTIONAL', undefined],
      ['b', 'BOOLEAN', undefined, 'OPTIONAL', undefined],
      ['s', 'BYTE_ARRAY', undefined, 'OPTIONAL', 'UTF8'],
      ['raw', 'BYTE_ARRAY', undefined, 'OPTIONAL', undefined],
      ['j', 'BYTE_ARRAY', undefined, 'OPTIONAL', 'JSON'],
    ])
    expect(schema.find(element => element.name === 'tick')?.logical_type).toEqual({
      type: 'TIMESTAMP',
      isAdjustedToUTC: true,
      unit: 'NANOS',
    })
    expect(schema.find(element => element.name === 'big')).toMatchObject({ precision: 38, scale: 10 })
  })

  it('reads the same in a plain reader', async () => {
    const bytes = await fileOf(parquet<Row>(), [[full], [empty]], everything)

    const [first, second] = await parquetReadObjects({ file: bufferOf(bytes) })

    expect(first).toMatchObject({ i: full.i, l: full.l, f: full.f, b: true, s: full.s, j: full.j })
    expect(first?.at).toEqual(new Date('2025-02-04T13:54:32.123Z'))
    expect(first?.day).toEqual(new Date('1969-12-31'))
    expect(first?.small).toBeCloseTo(-9999999.99)
    expect(second).toMatchObject({ i: 7, l: null, s: null })
  })

  it('brings back any records, whatever the batches and row groups', async () => {
    const digits = (count: number) => fc.bigInt(-(10n ** BigInt(count)) + 1n, 10n ** BigInt(count) - 1n)
    const or = <V>(value: fc.Arbitrary<V>) => fc.option(value, { freq: 4 })
    const micros = fc.bigInt(-62135596800000000n, 253402300799999999n)
    const row = fc.record({
      ...{
        i: fc.integer(),
        l: or(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
        f: or(fc.double({ noNaN: true, noDefaultInfinity: true })),
      },
      ...{
        small: or(digits(9).map(n => decimalOf(n, 2))),
        money: or(digits(18).map(n => decimalOf(n, 4))),
        big: or(digits(38).map(n => decimalOf(n, 10))),
      },
      ...{
        day: or(micros.map(n => timestampOf(n, 6)!.slice(0, 10))),
        at: or(micros.map(n => timestampOf(n, 6)!)),
        b: or(fc.boolean()),
      },
      ...{ tick: or(fc.bigInt(-92n * 10n ** 15n, 92n * 10n ** 15n).map(n => timestampOf(n * 100n, 9, 7)!)) },
      ...{
        s: or(fc.string({ unit: 'grapheme' })),
        raw: or(fc.uint8Array()),
        j: or(
          fc
            .jsonValue()
            .filter(value => value !== null)
            .map(value => JSON.parse(JSON.stringify(value))),
        ),
      },
    })

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { maxLength: 12 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        async (batches, rowGroupRecords) => {
          const format = parquet<Row>({ rowGroupRecords })

          const bytes = await fileOf(format, batches as Row[][], everything)

          expect(await recordsIn(format, bytes)).toEqual(batches.flat())
        },
      ),
      runs(60),
    )
  })
})

describe('row groups', () => {
  const schema = z.object({ n: column.int32(), name: column.string() })
  const rows = Array.from({ length: 5000 }, (_, n) => ({ n, name: `name ${n % 100}` }))
  const cut = (size: number) =>
    Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size))

  it('end at the first batch border after the records asked for', async () => {
    const bytes = await fileOf(parquet<(typeof rows)[0]>({ rowGroupRecords: 1000 }), cut(300), schema)

    expect(parquetMetadata(bufferOf(bytes)).row_groups.map(group => Number(group.num_rows))).toEqual([
      1200, 1200, 1200, 1200, 200,
    ])
    expect((await parquetReadObjects({ file: bufferOf(bytes) })).map(row => row.n)).toEqual(rows.map(row => row.n))
  })

  it('give the same bytes for the same records and borders', async () => {
    const format = parquet<(typeof rows)[0]>({ rowGroupRecords: 1000 })

    const one = await fileOf(format, cut(1000), schema)

    expect(await fileOf(format, cut(250), schema)).toEqual(one)
    expect(await fileOf(parquet({ rowGroupRecords: 1000 }), cut(500), schema)).toEqual(one)
  })

  it('carry bounds by which engines skip them', async () => {
    const bytes = await fileOf(parquet<(typeof rows)[0]>({ rowGroupRecords: 1000 }), cut(1000), schema)

    const stats = parquetMetadata(bufferOf(bytes)).row_groups.map(group => group.columns[0]?.meta_data?.statistics)

    expect(stats.map(each => [each?.min_value, each?.max_value, each?.null_count])).toEqual(
      [0, 1, 2, 3, 4].map(g => [g * 1000, g * 1000 + 999, 0n]),
    )
  })

  it('leave a receipt that stays small however long the values', async () => {
    const encoder = parquet<Row>().prepare!({ pipeline: 'test', schema: everything }).encoder()
    const long = 'x'.repeat(100_000)
    await encoder.write([{ ...full, s: long, raw: Buffer.from(long), j: { long } }])

    const { meta } = await encoder.end()

    expect(JSON.stringify(meta).length).toBeLessThan(1500)
  })

  it('make a file with columns and no rows when there are none', async () => {
    const bytes = await fileOf(parquet<Row>(), [], everything)

    expect(await recordsIn(parquet(), bytes)).toEqual([])
    expect(await parquetReadObjects({ file: bufferOf(bytes) })).toEqual([])
    expect(parquetMetadata(bufferOf(bytes)).schema.map(element => element.name)).toEqual(['root', ...Object.keys(full)])
  })
})

describe('bounds', () => {
  it('hold all values, text cut to 16 bytes and negative decimals too', async () => {
    const schema = z.object({ s: column.string(), d: column.decimal(38, 0), t: column.decimal(9, 2), f: column.float64() })
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constant('\u{10ffff}'.repeat(9)),
    )
    const row = fc.record({
      ...{
        s: text,
        d: fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n).map(String),
        f: fc.double({ noNaN: true, noDefaultInfinity: true }),
      },
      t: fc.bigInt(-999999999n, 999999999n).map(n => decimalOf(n, 2)),
    })

    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async rows => {
        const bytes = await fileOf(parquet<(typeof rows)[0]>(), [rows], schema)

        const parsers = { stringFromBytes: (value: Uint8Array) => value }
        const columns = parquetMetadata(bufferOf(bytes), { parsers }).row_groups[0]!.columns.map(
          chunk => chunk.meta_data!.statistics!,
        )

        const utf8 = rows.map(each => Buffer.from(each.s))
        const { min_value: low, max_value: high } = columns[0]!
        expect(utf8.every(each => Buffer.compare(low as Uint8Array, each) <= 0)).toBe(true)
        if (high) expect(utf8.every(each => Buffer.compare(high as Uint8Array, each) >= 0)).toBe(true)
        expect((low as Uint8Array).length).toBeLessThanOrEqual(16)
        for (const [at, key] of (['d', 't', 'f'] as const).entries()) {
          const numbers = rows.map(each => Number(each[key]))
          expect(columns[at + 1]!.min_value as number).toBeCloseTo(Math.min(...numbers), 5)
          expect(columns[at + 1]!.max_value as number).toBeCloseTo(Math.max(...numbers), 5)
        }
      }),
      runs(60),
    )
  })
})

describe('a wrong value', () => {
  const format = parquet<Row>().prepare!({ pipeline: 'test', schema: everything })
  const writing = (change: Record<string, unknown>) => () => format.encoder().write([full, { ...full, ...change } as Row])

  it.each([
    ['i', null],
    ['i', 1.5],
    ['l', 2n ** 63n],
    ['f', Number.NaN],
    ['money', '1.23456'],
    ['money', 1.5],
    ['day', '2025-02-30'],
    ['at', '2025-02-04T13:54:32.1234567Z'],
    ['at', '2025-02-04 13:54:32'],
    ['tick', '2262-04-12T00:00:00Z'],
    ['s', 5],
    ['raw', 'text'],
    ['j', { n: Number.NaN }],
  ])('in %s (%s) is refused by name and row before any bytes are made', (name, value) => {
    const error = expect.objectContaining({
      code: 'ETL_RECORD_INVALID',
      path: [name],
      context: expect.objectContaining({ column: name, row: 1 }),
    })

    expect(writing({ [name]: value })).toThrow(error)
    expect(writing({ [name]: value })).toThrow(`Column "${name}"`)
  })

  it('takes none of its batch with it: what is written next is as if it had not come', async () => {
    const encoder = format.encoder()
    await encoder.write([full])
    expect(() => encoder.write([empty, { ...full, f: Number.NaN }])).toThrow()
    await encoder.write([empty])
    const clean = format.encoder()
    await clean.write([full, empty])

    expect(await encoder.end()).toEqual(await clean.end())
  })

  it('a Date goes where it loses nothing, a safe whole number where bigint is wanted', async () => {
    const schema = z.object({ at: z.date(), n: z.int(), more: z.string().optional() })
    const rows = [{ at: new Date('2025-02-04T13:54:32.120Z'), n: 2 ** 53 - 1, ignored: true }]

    const bytes = await fileOf(parquet<object>(), [rows], schema)

    expect(await recordsIn(parquet(), bytes)).toEqual([{ at: '2025-02-04T13:54:32.120000Z', n: 9007199254740991n, more: null }])
  })
})

describe('options', () => {
  it('columns come from the schema or by hand, else it says so before anything is written', () => {
    const unknown = expect.objectContaining({ code: 'ETL_COLUMNS_UNKNOWN' })

    expect(() => parquet().prepare!({ pipeline: 'test' })).toThrow(unknown)
    expect(() => parquet().encoder()).toThrow(unknown)
    expect(() => parquet({ columns: [{ name: 'a', type: { kind: 'int32' }, nullable: true }] }).encoder()).not.toThrow()
  })

  it('that decide the bytes are in the layout', () => {
    const layout = parquet<Row>({ codec: 'gzip', rowGroupRecords: 5 }).prepare!({
      pipeline: 'test',
      schema: z.object({ a: column.decimal(9, 2) }),
    }).layout

    expect(layout).toEqual({ format: 'parquet', rowGroupRecords: 5, codec: 'gzip', columns: [['a', 'decimal(9,2)', false]] })
  })

  it('that cannot be are refused, all at once', () => {
    expect(() => parquet({ rowGroupRecords: 0, codec: 'lzo' as never, rows: 1 } as never)).toThrow(
      /unknown option "rows"; rowGroupRecords.*; codec "lzo"/,
    )
  })
})
