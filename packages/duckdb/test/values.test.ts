import { recordsOf, type Sink, type Source } from '@millrace/etl-core'
import { testContext, testSplitContext } from '@millrace/etl-testkit'
import { column, timestampOf } from '@millrace/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { microsText } from '../src/source/values.js'
import { load, ready } from './support/loads.js'
import { execute, placeAt, query, worldFile } from './support/places.js'
import { tempDatabase } from './support/temp.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 400 : 8

const schema = z.object({
  id: column.int32(),
  big: column.int64().nullable(),
  double: column.float64().nullable(),
  decimal: column.decimal(38, 10).nullable(),
  micros: column.timestamp(6).nullable(),
  finest: column.timestamp(7).nullable(),
  day: column.date().nullable(),
  flag: column.bool().nullable(),
  text: column.string().nullable(),
  bytes: column.bytes().nullable(),
  json: column.json().nullable(),
})
type Row = z.infer<typeof schema>

async function readAll<T>(source: Source<T>): Promise<{ records: T[]; unreadable: string[] }> {
  const records: T[] = []
  const unreadable: string[] = []
  for (const split of (await source.plan(testContext())).splits)
    for await (const batch of source.read(split, undefined, testSplitContext({ split }))) {
      records.push(...recordsOf(batch.records))
      unreadable.push(...(batch.unreadable ?? []).map(({ error }) => error.message))
    }
  return { records, unreadable }
}

const there = (path: string): Sink<Row> => ready(placeAt(path).table<Row>({ table: 'rows' }), schema)
const back = (path: string): Source<Row> => placeAt(path).source({ table: 'rows', schema, key: ['id'], pageRows: 7 })

const none: Row = {
  ...{ id: 0, big: null, double: null, decimal: null, micros: null, finest: null },
  ...{ day: null, flag: null, text: null, bytes: null, json: null },
}

const digits = (count: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${count}}$`))
const instant = (from: string, to: string, precision: number) =>
  fc
    .tuple(fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true }), fc.nat(10 ** precision - 1))
    .map(([date, fraction]) => `${date.toISOString().slice(0, 19)}.${String(fraction).padStart(precision, '0')}Z`)
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const row: fc.Arbitrary<Omit<Row, 'id'>> = fc.record({
  big: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  double: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (Object.is(value, -0) ? 0 : value))),
  decimal: fc.option(
    fc.tuple(fc.boolean(), digits(28), fc.stringMatching(/^[0-9]{10}$/)).map(([minus, whole, rest]) => {
      const trimmed = whole.replace(/^0+(?=.)/, '')
      return `${minus && /[1-9]/.test(trimmed + rest) ? '-' : ''}${trimmed}.${rest}`
    }),
  ),
  micros: fc.option(instant('0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 6)),
  finest: fc.option(instant('1700-01-01T00:00:00Z', '2200-01-01T00:00:00Z', 7)),
  day: fc.option(
    fc
      .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
      .map(date => date.toISOString().slice(0, 10)),
  ),
  flag: fc.option(fc.boolean()),
  text: fc.option(text),
  bytes: fc.option(fc.uint8Array({ maxLength: 20 })),
  json: fc.option(fc.jsonValue({ maxDepth: 2, noUnicodeString: false }) as fc.Arbitrary<Row['json']>),
})

test('every value comes back with all its digits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async values => {
      const { path, close } = await worldFile()
      try {
        // JSON has one null, and one zero.
        const rows = values.map((value, id) => ({ ...value, id, json: JSON.parse(JSON.stringify(value.json)) }))
        const rejected = await load(there(path), [rows])
        expect(rejected).toEqual([])

        const { records } = await readAll(back(path))

        expect(records).toEqual(rows)
      } finally {
        await close()
      }
    }),
    { numRuns },
  )
}, 900_000)

test('a time is written the same, whether numbers are exact there or not', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -62135596800000000n, max: 253402300799999999n }),
      fc.integer({ min: 0, max: 6 }),
      (micros, precision) => {
        expect(microsText(micros, precision)).toBe(timestampOf(micros, 6, precision))
      },
    ),
  )
})

test.each<[string, Partial<Record<keyof Row, unknown>>]>([
  ['NaN', { double: Number.NaN }],
  ['an infinity', { double: Number.POSITIVE_INFINITY }],
  ['an integer beyond 64 bits', { big: 2n ** 63n }],
  ['a decimal with too many digits', { decimal: '0.12345678901' }],
  ['a day that is none', { day: '2025-02-29' }],
  ['half a character', { text: 'a\ud83c' }],
  ['a year that nanoseconds do not reach', { finest: '1600-01-01T00:00:00Z' }],
])('%s is rejected, and the rows around it arrive', async (_, over) => {
  const path = await tempDatabase()

  const rejected = await load(there(path), [[none, { ...none, id: 1, ...over } as Row, { ...none, id: 2 }]])

  expect(rejected).toEqual([[0, 1, 'ETL_RECORD_INVALID']])
  expect(await query(path, 'SELECT id FROM rows ORDER BY id')).toEqual([{ id: 0 }, { id: 2 }])
})

test('a text that is longer than its column is rejected', async () => {
  const path = await tempDatabase()
  const short = z.object({ name: column.string(3) })

  const rejected = await load(ready(placeAt(path).table({ table: 'a' }), short), [
    [{ name: 'abc' }, { name: 'abcd' }, { name: '🌱' }],
  ])

  expect(rejected).toEqual([[0, 1, 'ETL_RECORD_INVALID']])
})

test('what a table holds and our values cannot say is unreadable, row by row', async () => {
  const path = await tempDatabase()
  await load(there(path), [[0, 1, 2, 3, 4, 5].map(id => ({ ...none, id }))])
  await execute(
    path,
    `UPDATE rows SET double = 'nan' WHERE id = 1`,
    `UPDATE rows SET micros = 'infinity' WHERE id = 2`,
    `UPDATE rows SET json = '{' WHERE id = 3`,
    `UPDATE rows SET day = '10000-01-01' WHERE id = 4`,
  )

  const { records, unreadable } = await readAll(back(path))

  expect(records.map(({ id }) => id)).toEqual([0, 5])
  expect(unreadable.map(message => /"(\w+)"/.exec(message)?.[1])).toEqual(['double', 'micros', 'json', 'day'])
})
