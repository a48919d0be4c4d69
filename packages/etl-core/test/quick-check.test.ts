import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { notSure, quickCheck } from '../src/check/quick-check.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 20_000 : 1_000

enum Level {
  low = 1,
  high = 2,
}

const texts: readonly z.ZodType[] = [
  z.string(),
  z.string().min(2).max(4),
  z.string().length(3),
  z.string().regex(/^[a-c]+$/g),
  z.string().startsWith('a').endsWith('c'),
  z.string().includes('b', { position: 1 }),
  z.string().lowercase(),
  z.string().trim().min(1),
  z.string().toUpperCase(),
  z.string().refine(text => text !== 'abc'),
  z.coerce.string().max(3),
  z.iso.date(),
  z.iso.datetime(),
  z.iso.time(),
  z.email(),
  z.uuid(),
  z.ipv4(),
  z.iso.duration(),
  z.cidrv4(),
  z.string().uppercase(),
  z.cuid(),
  z.url(),
  z.enum(['a', 'abc', '']),
  z.enum(['a', 'b', 'c', 'd', 'e', 'f', 'abc']),
  z.literal('abc'),
]
const numbers: readonly z.ZodType[] = [
  z.number(),
  z.number().min(-1).max(3.5),
  z.number().gt(0).lt(3),
  z.int(),
  z.int32(),
  z.int().positive(),
  z.number().multipleOf(2),
  z.number().multipleOf(0.5),
  z.uint32(),
  z.float64(),
  z.coerce.number(),
  z.coerce.number().int().min(1),
  z.bigint(),
  z.bigint().min(2n),
  z.bigint().lt(3n).multipleOf(2n),
  z.int64(),
  z.uint64().max(5n),
  z.coerce.bigint(),
  z.literal([1, 2, Number.NaN, null]),
  z.enum(Level),
]
interface Tree {
  name: string
  children?: Tree[] | undefined
}
const tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(tree).optional()
  },
})

/** Made of others, or of a kind of their own. */
const made: readonly z.ZodType[] = [
  z.date(),
  z.date().min(new Date(1000)),
  z
    .date()
    .max(new Date('2030-01-01'))
    .refine(date => date.getTime() !== 5),
  z.coerce.date(),
  z.coerce.date().min(new Date(0)).max(new Date('2026-01-01')),
  z.array(z.number()),
  z.array(z.coerce.number().nullable()).min(1).max(3),
  z.array(z.array(z.string())),
  z.array(z.union([z.string(), z.number()])).length(1),
  z.object({ a: z.string().optional() }),
  z.strictObject({ a: z.string() }),
  z.object({ a: z.string() }).refine(({ a }) => a !== 'b'),
  z.object({ a: z.object({ b: z.coerce.number() }) }).nullable(),
  tree,
  z.custom<string>(value => value === 'abc'),
  z.instanceof(Uint8Array),
]
const others: readonly z.ZodType[] = [
  z.boolean(),
  z.coerce.boolean(),
  z.null(),
  z.any(),
  z.unknown(),
  z.any().check(z.minLength(2)),
  z.unknown().check(
    z.overwrite(value => value ?? 'none'),
    z.maxLength(3),
  ),
  z.literal([null, 'ab']).check(z.minLength(1) as never),
  z.array(z.string().optional()).max(2),
  z.array(z.object({ a: z.array(z.coerce.date()) })),
  z.looseObject({ a: z.string() }),
  z.union([z.string(), z.number()]),
  z.string().transform(text => (text === '' ? undefined : text.length)),
  z.string().pipe(z.coerce.number()),
  z.stringbool(),
  z.string().catch('caught'),
  z.string().readonly(),
]

const wrap: readonly ((schema: z.ZodType) => z.ZodType)[] = [
  schema => schema,
  schema => schema,
  schema => schema.nullable(),
  schema => schema.optional(),
  schema => schema.nullish(),
  schema => schema.optional().nullable(),
  schema => schema.default('abc' as never),
  schema => schema.nullable().default(null),
  schema => schema.default('abc' as never).optional(),
  schema => schema.default(undefined as never),
  schema => schema.prefault('abc' as never),
  schema => schema.optional().refine(value => value !== 'b'),
]
const fieldSchema = fc
  .tuple(fc.constantFrom(...texts, ...numbers, ...made, ...others), fc.constantFrom(...wrap))
  .map(([schema, wrapped]) => wrapped(schema))

const goodTexts = [
  'abc',
  'a',
  'bc',
  '',
  ' abc ',
  'ABC',
  '2024-02-29',
  '2023-02-29',
  '2024-02-29T10:00:00Z',
  '10:00:00',
  'a@b.co',
  '::1',
]
const value = fc.oneof(
  fc.constantFrom<unknown>(
    ...goodTexts,
    'http://a.b',
    '127.0.0.1',
    '123e4567-e89b-12d3-a456-426614174000',
    'true',
    '1',
    '2.5',
    'x1',
  ),
  fc.constantFrom<unknown>(0, -0, 1, 2, 2.5, -1, 3, 2 ** 31, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 2n, 10n ** 20n),
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    false,
    new Date(0),
    new Date(Number.NaN),
    [],
    [1],
    ['1', null],
    [['x']],
    [{ a: [0, '2024-02-29'] }],
    Object.assign(Array(2), { 1: 'x' }),
    {},
    { a: 'x' },
    { a: 'b' },
    { a: { b: '1' }, c: 1 },
    {
      name: 'x',
      children: [
        { name: 'y', children: [] },
        { name: 'z', children: [{ name: 1 }] },
      ],
    },
    { name: 'x', children: [{ name: 'y' }] },
    new Uint8Array([1]),
    new Date('2025-01-01'),
    Symbol('s'),
    () => 1,
  ),
)
const absent = Symbol('absent')
const names = ['a', 'b', 'c', 'constructor', 'd e', '"']

/** The keys of an object are compared too: an absent one is not one that is undefined. */
const shown = (output: unknown) => (typeof output === 'object' && output !== null ? Object.entries(output) : output)

describe('a check that is made of a schema', () => {
  it('lets pass only what the schema does, and gives what it gives', async () => {
    let passed = 0
    await fc.assert(
      fc.property(
        fc.array(fieldSchema, { minLength: 1, maxLength: 4 }),
        fc.array(
          fc.array(fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.constant(absent) }), {
            minLength: 6,
            maxLength: 6,
          }),
          {
            minLength: 8,
            maxLength: 8,
          },
        ),
        fc.boolean(),
        fc.boolean(),
        (fields, rows, strict, whole) => {
          const shape = Object.fromEntries(fields.map((field, index) => [names[index] as string, field]))
          const plain = strict ? z.strictObject(shape) : z.object(shape)
          const schema = whole ? plain.refine(record => Object.values(record)[0] !== 'abc') : plain
          const quick = quickCheck(schema)
          expect(quick).toBeDefined()
          for (const row of rows) {
            const used = strict ? row.slice(0, fields.length) : row
            const record = Object.fromEntries(
              used.flatMap((each, index) => (each === absent ? [] : [[names[index] as string, each]])),
            )
            const output = quick?.(record)
            if (output === notSure) continue
            passed++
            const judged = schema.safeParse(record)
            expect(judged.success).toBe(true)
            expect(shown(output)).toEqual(shown(judged.data))
          }
        },
      ),
      { numRuns },
    )
    expect(passed).toBeGreaterThan(numRuns / 4)
  })

  it.each(
    [...texts, ...numbers, ...made, ...others.slice(0, 5)].map(schema => [JSON.stringify(schema.def.type), schema] as const),
  )('lets pass what is right, of %s', (_, schema) => {
    const known = [
      ...goodTexts,
      'ac',
      'abb',
      'abbc',
      'aBC',
      'x',
      0,
      1,
      2,
      true,
      null,
      2n,
      'http://a.b',
      '127.0.0.1',
      '123e4567-e89b-12d3-a456-426614174000',
      'P1Y2M',
      '127.0.0.1/8',
      'cjld2cjxh0000qzrmn831i7rn',
      -4,
      new Date(2000),
      new Date('2025-01-01'),
      [1],
      [2, '3', null],
      [['a'], []],
      { a: 'x' },
      { a: { b: '1' } },
      { name: 'x', children: [{ name: 'y', children: [] }] },
      new Uint8Array([1]),
    ]
    // Texts and numbers are made of lists and objects by no one who means it: those are left to the schema.
    const { coerce = false, type } = schema.def as { coerce?: boolean; type: string }
    const odd = (each: unknown) =>
      coerce && typeof each === 'object' && each !== null && !(type === 'date' && each instanceof Date)
    const fits = known.filter(each => !odd(each) && schema.safeParse(each).success)
    const quick = quickCheck(z.object({ a: schema }))

    expect(fits.length).toBeGreaterThan(0)
    expect(fits.filter(each => quick?.({ a: each }) === notSure)).toEqual([])
  })

  it.each([
    ['a check of the whole record that is no function of it', z.object({ a: z.string() }).superRefine(() => {})],
    ['fields that are not named', z.looseObject({ a: z.string() })],
    ['a rest of a type', z.object({ a: z.string() }).catchall(z.number())],
    ['no object', z.string()],
    ['no fields', z.object({})],
    ['a field that is a prototype', z.object({ ['__proto__']: z.string() })],
    ['a schema of somebody else', { '~standard': { version: 1, vendor: 'else', validate: (value: unknown) => ({ value }) } }],
    ['nothing', undefined],
  ])('is not made of %s', (_, schema) => {
    expect(quickCheck(schema)).toBeUndefined()
  })

  it.each([null, 3, 'text', [], undefined])('is not sure of %o', record => {
    expect(quickCheck(z.object({ a: z.any().optional() }))?.(record)).toBe(notSure)
  })

  it('is not sure of a field whose check takes its time, and leaves no rejection behind', async () => {
    const late = z.object({ a: z.string().refine(async () => Promise.reject(new Error('late'))), b: z.string() })

    expect(quickCheck(late)?.({ a: 'x', b: 'y' })).toBe(notSure)
    await new Promise(resolve => setImmediate(resolve))
  })

  it('gives all outputs of required fields one shape, in the order of the schema', () => {
    const quick = quickCheck(z.object({ b: z.string(), a: z.number() }))

    expect(Object.keys(quick?.({ a: 1, x: 2, b: '' }) as object)).toEqual(['b', 'a'])
  })
})

it('where no code may be made from text, records are checked all the same', () => {
  const program = `
    import { definePipeline, from, memoryState, run } from '@millrace/etl-core'
    import { arraySource, memorySink } from '@millrace/etl-testkit'
    import * as z from 'zod'
    const sink = memorySink()
    const build = () => from(arraySource({ splits: { all: [{ a: '1' }, { a: 'x' }] } })).validate(z.object({ a: z.coerce.number() })).into(sink)
    const { counts } = await run(definePipeline({ name: 'p', build }), {}, { state: memoryState() })
    console.log(JSON.stringify([counts.written, counts.rejected, sink.visible()]))`
  const cwd = fileURLToPath(new URL('../../etl-testkit', import.meta.url))
  const run = (...flags: string[]) =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', program], { cwd, encoding: 'utf8' })

  expect(JSON.parse(run('--disallow-code-generation-from-strings'))).toEqual([1, 1, [{ a: 1 }]])
  expect(JSON.parse(run())).toEqual([1, 1, [{ a: 1 }]])
})
