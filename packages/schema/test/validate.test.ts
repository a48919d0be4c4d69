import { definePipeline, from, listRejects, memoryState, run } from '@millrace/etl-core'
import { arraySource, memorySink } from '@millrace/etl-testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { column, decimalOf, timestampOf } from '../src/index.js'
import { runs } from './runs.js'

const decimals = (digits: number, scale: number) =>
  fc.bigInt(-(10n ** BigInt(digits)), 10n ** BigInt(digits)).map(whole => decimalOf(whole, scale))
const micros = fc.bigInt(-62135596800000000n, 253402300799999999n)

/** Each helper, with values that are right or may be. */
const helpers: readonly (readonly [string, z.ZodType, fc.Arbitrary<unknown>])[] = [
  ['int32', column.int32(), fc.oneof(fc.integer(), fc.constant(2 ** 31))],
  ['int64', column.int64().nullable(), fc.oneof(fc.bigInt(-(2n ** 64n), 2n ** 64n), fc.constant(2 ** 53))],
  ['float64', column.float64().optional(), fc.double()],
  [
    'decimal',
    column.decimal(9, 2),
    fc.oneof(decimals(9, 2), decimals(10, 3), decimals(10, 2), fc.constantFrom('1e3', '.5', '5.', '-', '00001.50', '-0')),
  ],
  ['date', column.date(), micros.map(count => timestampOf(count, 6)!.slice(0, 10)).map(day => day.replace('-01-', '-02-'))],
  ['timestamp', column.timestamp(3).default('2025-01-01T00:00:00Z'), micros.map(count => timestampOf(count, 6, 3)!)],
  ['bool', column.bool(), fc.boolean()],
  ['string', column.string(3).nullish(), fc.string({ unit: 'grapheme', maxLength: 4 })],
  ['bytes', column.bytes(), fc.uint8Array({ maxLength: 3 })],
  ['json', column.json(), fc.oneof(fc.jsonValue(), fc.constant([Number.NaN]))],
]
const wrong = fc.constantFrom<unknown>(null, undefined, 'x', 1.5, 10n, true, [1], new Date(0))
const cases = fc.subarray([...helpers], { minLength: 1, maxLength: 3 }).chain(fields =>
  fc.record({
    schema: fc.constant(z.object(Object.fromEntries(fields.map(([name, helper]) => [name, helper])))),
    records: fc.array(
      fc.record(
        Object.fromEntries(
          fields.map(([name, , right]) => [name, fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: wrong })]),
        ),
      ),
      { minLength: 1, maxLength: 20 },
    ),
  }),
)

describe('validate with the helpers', () => {
  it('writes what the schema gives, and rejects with its issues', async () => {
    let written = 0
    let rejected = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, records }) => {
        const sink = memorySink<object>()
        const state = memoryState()
        const build = () =>
          from(arraySource({ splits: { all: records } }))
            .validate(schema)
            .into(sink)
        await run(definePipeline({ name: 'p', build }), {}, { state })
        const issues: unknown[] = []
        for await (const reject of listRejects(state)) issues.push(reject.issues.map(({ message, path }) => ({ message, path })))

        const judged = records.map(each => schema.safeParse(each))
        expect(sink.visible()).toEqual(judged.flatMap(({ success, data }) => (success ? [data] : [])))
        expect(issues).toEqual(
          judged.flatMap(({ error }) => (error ? [error.issues.map(({ message, path }) => ({ message, path }))] : [])),
        )
        written += sink.visible().length
        rejected += issues.length
      }),
      runs(40),
    )
    expect(Math.min(written, rejected)).toBeGreaterThan(20)
  })
})
