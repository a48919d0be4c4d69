import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { collect } from './collect.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 1_000 : 40

const text = fc.string({ unit: 'grapheme', maxLength: 6 })
const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })

/** Kinds of fields, each with values that are right or may be. */
const kinds: readonly (readonly [z.ZodType, fc.Arbitrary<unknown>])[] = [
  [z.string().min(1).max(5), text],
  [z.string().regex(/^[a-z]+$/), fc.constantFrom('abc', 'x', 'A')],
  [z.iso.date(), day.map(date => date.toISOString().slice(0, 10))],
  [z.iso.datetime(), day.map(date => date.toISOString())],
  [z.email(), fc.constantFrom('a@b.co', 'a@b')],
  [z.enum(['red', 'green']), fc.constantFrom('red', 'green', 'blue')],
  [z.literal([1, 'one', null]), fc.constantFrom(1, 'one', null, 2)],
  [z.number().min(-5).lt(100), fc.double()],
  [z.int().nonnegative(), fc.integer()],
  [
    z.coerce.number().int().max(2100),
    fc.oneof(fc.integer().map(String), fc.constantFrom('', ' 7 ', '1e3', 'x', '9007199254740993')),
  ],
  [z.int64(), fc.bigInt(-(2n ** 64n), 2n ** 64n)],
  [z.boolean(), fc.boolean()],
  [z.coerce.boolean(), fc.constantFrom('', 'false', 0, 1)],
  [z.date().min(new Date('1950-01-01')), day],
  [z.coerce.date().max(new Date('2050-01-01')), fc.oneof(day, fc.constantFrom('2024-02-29', '2024-02-30', 'x', 0, null))],
  [z.string().nullable(), fc.option(text)],
  [z.number().optional(), fc.option(fc.double(), { nil: undefined })],
  [z.string().trim().default('none'), fc.option(text, { nil: undefined })],
  [z.coerce.date().nullish(), fc.option(day)],
  [z.array(z.coerce.number().nullable()).max(3), fc.array(fc.constantFrom('1', 2, null, 'x'), { maxLength: 4 })],
  [z.object({ x: z.number(), y: z.string().optional() }), fc.record({ x: fc.double(), y: text }, { requiredKeys: ['x'] })],
  [z.union([z.string(), z.number()]), fc.oneof(text, fc.double())],
  [z.string().transform(value => value.length), text],
  [z.string().refine(value => !value.includes('a'), 'no a'), text],
  [z.instanceof(Uint8Array), fc.uint8Array({ maxLength: 3 })],
]
const anything = fc.constantFrom<unknown>(
  null,
  undefined,
  '',
  'abc',
  0,
  Number.NaN,
  5n,
  true,
  [],
  ['1'],
  {},
  { x: 'y' },
  new Date(Number.NaN),
  new Date(0),
)

const names = ['a', 'b', 'c', 'd']
const cases = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 4 }).chain(fields =>
  fc.record({
    schema: fc.boolean().map(strict => {
      const shape = Object.fromEntries(fields.map(([schema], at) => [names[at]!, schema]))
      return strict ? z.strictObject(shape) : z.object(shape).refine(record => record.a !== 'abc', 'a is abc')
    }),
    records: fc.array(
      fc.record(
        Object.fromEntries([
          ...fields.map(([, right], at) => [
            names[at]!,
            fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: anything }),
          ]),
          ['more', fc.constant(1)],
        ]),
        { requiredKeys: names.slice(0, fields.length - 1) as never[] },
      ),
      { minLength: 1, maxLength: 12 },
    ),
  }),
)

/** What zod says of records: the outputs, and the issues of those it refuses. */
function judged(schema: z.ZodType, records: readonly unknown[]) {
  const results = records.map(record => schema.safeParse(record))
  return {
    written: results.flatMap(({ success, data }) => (success ? [data] : [])),
    issues: results.flatMap(({ error }) => (error ? [error.issues.map(({ message, path }) => ({ message, path }))] : [])),
  }
}

async function validated(schema: z.ZodType, records: readonly unknown[]) {
  const { written, rejects } = await collect([records], flow => flow.validate(schema))
  return { written, issues: rejects.map(reject => reject.issues.map(({ message, path }) => ({ message, path }))) }
}

describe('validate writes what safeParse gives, and rejects with its issues', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    z.config({ jitless: false })
  })

  it('for any schema and records, right and wrong', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, records }) => {
        const said = judged(schema, records)

        expect(await validated(schema, records)).toEqual(said)
        refused += said.issues.length
      }),
      { numRuns },
    )
    expect(refused).toBeGreaterThan(numRuns)
  })

  it('where no code may be made from text too', async () => {
    // zod has found out before that it may make some.
    z.config({ jitless: true })
    vi.stubGlobal('Function', () => {
      throw new EvalError('Code generation from strings disallowed for this context')
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ schema, records }) => {
        expect(await validated(schema, records)).toEqual(judged(schema, records))
      }),
      { numRuns: numRuns / 4 },
    )
  })
})
