import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { type Column, column, columnsOf, type Decimal, typeText } from '../src/index.js'

/** Columns as `name: type` lines, `?` behind those that take null. */
const lines = (columns: readonly Column[]) =>
  columns.map(({ name, type, nullable }) => `${name}: ${typeText(type)}${nullable ? '?' : ''}`)
const one = (schema: z.ZodType) => lines(columnsOf(z.object({ f: schema })))[0]

const everything = z.object({
  i: column.int32(),
  l: column.int64(),
  f: column.float64(),
  d: column.decimal(18, 4),
  day: column.date(),
  at: column.timestamp(6),
  b: column.bool(),
  s: column.string(40),
  raw: column.bytes(),
  j: column.json(),
})

describe('column helpers', () => {
  it('carry their column type, in declaration order', () => {
    expect(lines(columnsOf(everything))).toEqual([
      ...['i: int32', 'l: int64', 'f: float64', 'd: decimal(18,4)', 'day: date', 'at: timestamp(6)', 'b: bool', 's: string(40)'],
      ...['raw: bytes', 'j: json'],
    ])
  })

  it('have the types that travel', () => {
    type Row = z.infer<typeof everything>

    expectTypeOf<Row['l']>().toEqualTypeOf<bigint>()
    expectTypeOf<Row['d']>().toEqualTypeOf<Decimal>()
    expectTypeOf<Row['raw']>().toEqualTypeOf<Uint8Array>()
  })

  it('validate by the value rules', () => {
    const good = {
      i: 1,
      l: 2n ** 60n,
      f: 0.5,
      d: '1.2',
      day: '2024-02-29',
      at: '2025-01-01T00:00:00.000001Z',
      b: true,
      s: 'x',
      raw: new Uint8Array(),
      j: {},
    }
    const bad = {
      i: 2 ** 31,
      l: 2n ** 63n,
      f: Number.NaN,
      d: '1.23456',
      day: '2023-02-29',
      at: '2025-01-01T00:00:00',
      b: 1,
      s: 'x'.repeat(41),
      raw: 'x',
      j: { n: 1n },
    }

    expect(everything.safeParse(good).success).toBe(true)
    const issues = everything.safeParse(bad).error?.issues ?? []
    expect(issues.map(issue => issue.path[0])).toEqual(Object.keys(bad))
    expect(issues.find(issue => issue.path[0] === 'd')?.message).toBe('Invalid decimal: has 5 digits behind the point, and 4 fit')
  })

  it.each([
    ['nullable', column.decimal(9, 2).nullable(), 'f: decimal(9,2)?'],
    ['optional', column.timestamp(7).optional(), 'f: timestamp(7)?'],
    ['describe', column.date().describe('a day'), 'f: date'],
    ['refine', column.decimal(9, 2).refine(text => text !== '0'), 'f: decimal(9,2)'],
    ['default', column.decimal(9, 2).default('0'), 'f: decimal(9,2)'],
    ['brand and readonly', column.bytes().brand('Hash').readonly(), 'f: bytes'],
    ['meta after nullish', column.json().nullish().meta({ title: 'x' }), 'f: json?'],
    [
      'pipe after a transform',
      z
        .string()
        .transform(text => text.trim())
        .pipe(column.decimal(9, 2)),
      'f: decimal(9,2)',
    ],
  ])('keep their type through %s', (_, schema, line) => {
    expect(one(schema)).toBe(line)
  })

  it('refuse a type that cannot be', () => {
    expect(() => column.decimal(39, 2)).toThrow(expect.objectContaining({ code: 'ETL_CONFIG_INVALID' }))
    expect(() => column.decimal(4, 5)).toThrow('scale 5')
  })
})

describe('columnsOf on plain zod', () => {
  it.each<[string, z.ZodType, string]>([
    ['text', z.string(), 'f: string'],
    ['text with a limit', z.string().trim().max(60).max(40), 'f: string(40)'],
    ['an email', z.email().max(120), 'f: string(120)'],
    ['a fixed length', z.string().length(3), 'f: string(3)'],
    ['an ISO day', z.iso.date(), 'f: date'],
    ['an ISO time', z.iso.datetime({ precision: 3 }), 'f: timestamp(3)'],
    ['an ISO time of any digits', z.iso.datetime(), 'f: timestamp(6)'],
    ['an ISO time with an offset', z.iso.datetime({ offset: true }), 'f: string'],
    ['any number', z.number(), 'f: float64'],
    ['a whole number', z.int(), 'f: int64'],
    ['a whole number, old style', z.number().int(), 'f: int64'],
    ['a bounded whole number', z.int().min(1900).max(2100), 'f: int32'],
    ['uint32', z.uint32(), 'f: int64'],
    ['a bounded uint32', z.uint32().max(100), 'f: int32'],
    ['a bigint', z.bigint(), 'f: int64'],
    ['a boolean', z.boolean(), 'f: bool'],
    ['a Date', z.date(), 'f: timestamp(3)'],
    ['an enum', z.enum(['a', 'b']), 'f: string'],
    ['a text literal or null', z.literal(['a', null]), 'f: string?'],
    ['number literals', z.literal([1, 2]), 'f: int32'],
    ['nullable', z.string().nullable(), 'f: string?'],
    ['nullish with a default', z.string().nullish().default('x'), 'f: string?'],
    ['prefault', z.string().prefault('x'), 'f: string'],
    ['catch', z.int32().catch(0), 'f: int32'],
    ['nonoptional', z.nonoptional(z.string().optional()), 'f: string'],
    ['a pipe', z.string().pipe(z.coerce.number()), 'f: float64'],
    ['preprocess', z.preprocess(Number, z.int32()), 'f: int32'],
    ['stringbool', z.stringbool(), 'f: bool'],
    ['a codec', z.codec(z.string(), z.date(), { decode: s => new Date(s), encode: d => d.toISOString() }), 'f: timestamp(3)'],
    ['an array', z.array(z.string()), 'f: json'],
    ['an object', z.object({ a: z.bigint() }).optional(), 'f: json?'],
    ['a record', z.record(z.string(), z.number()), 'f: json'],
    ['z.json(), which takes null', z.json(), 'f: json?'],
    ['bytes', z.instanceof(Uint8Array), 'f: bytes'],
    ['a union with null', z.union([z.int32(), z.null()]), 'f: int32?'],
    ['a union of text', z.union([z.string().max(3), z.string().max(5)]), 'f: string(5)'],
    ['a union of objects', z.union([z.object({ a: z.string() }), z.array(z.string())]), 'f: json'],
    ['lazy', z.lazy(() => z.string()), 'f: string'],
  ])('knows %s', (_, schema, line) => {
    expect(one(schema)).toBe(line)
  })

  it('keeps descriptions, inside or outside of nullable', () => {
    const columns = columnsOf(z.object({ a: z.string().describe('in').nullable(), b: z.string().nullable().describe('out') }))

    expect(columns.map(each => each.description)).toEqual(['in', 'out'])
  })

  it('sees through what wraps the whole record', () => {
    const record = z.object({ a: z.string() })

    expect(lines(columnsOf(record.refine(() => true).readonly()))).toEqual(['a: string'])
    expect(lines(columnsOf(z.unknown().pipe(record)))).toEqual(['a: string'])
    expect(lines(columnsOf(z.intersection(record, z.object({ b: z.int32() }))))).toEqual(['a: string', 'b: int32'])
  })

  it('understands zod/mini', () => {
    const schema = mini.object({ a: mini.nullable(mini.string().check(mini.maxLength(5))), b: mini.int32() })

    expect(lines(columnsOf(schema))).toEqual(['a: string(5)?', 'b: int32'])
  })

  it('names every field it knows no type for, and what to do', () => {
    const schema = z.object({
      ok: z.string(),
      a: z.string().transform(Number),
      b: z.any(),
      c: z.union([z.string(), z.number()]),
      d: z.custom(() => true),
    })
    const unknown = expect.objectContaining({ code: 'ETL_COLUMNS_UNKNOWN', context: { fields: ['a', 'b', 'c', 'd'] } })

    expect(() => columnsOf(schema)).toThrow(unknown)
    expect(() => columnsOf(schema)).toThrow(/"a" \(a transform.*"b" \(z\.any\(\)\).*column\.\*/)
  })

  it('says so when the record is no object, ends in a transform, or there is no schema', () => {
    for (const schema of [z.string(), z.object({ a: z.string() }).transform(row => ({ b: row.a })), undefined]) {
      expect(() => columnsOf(schema)).toThrow(expect.objectContaining({ code: 'ETL_COLUMNS_UNKNOWN' }))
    }
  })
})

describe('columnsOf on other validators', () => {
  const saying = (output: unknown): StandardSchemaV1 => {
    const standard = {
      version: 1,
      vendor: 'other',
      validate: (value: unknown) => ({ value }),
      jsonSchema: { output: () => output },
    }
    return { '~standard': standard } as unknown as StandardSchemaV1
  }

  it('takes Standard JSON Schema', () => {
    const properties = {
      id: { type: 'integer' },
      year: { type: 'integer', minimum: 1900, maximum: 2100 },
      value: { anyOf: [{ type: 'number' }, { type: 'null' }] },
      name: { type: ['string', 'null'], maxLength: 40 },
      day: { $ref: '#/$defs/day' },
      kind: { enum: ['a', 'b', null] },
      tags: { type: 'array', description: 'free words' },
      late: { type: 'boolean' },
    }
    const schema = saying({
      $defs: { day: { type: 'string', format: 'date' } },
      type: 'object',
      properties,
      required: Object.keys(properties).slice(0, 7),
    })

    const columns = columnsOf(schema)

    expect(lines(columns)).toEqual([
      ...[
        'id: int64',
        'year: int32',
        'value: float64?',
        'name: string(40)?',
        'day: date',
        'kind: string?',
        'tags: json',
        'late: bool?',
      ],
    ])
    expect(columns[6]?.description).toBe('free words')
  })

  it('gives zod and its JSON Schema the same columns', () => {
    const schema = z.object({
      a: z.string().max(4),
      b: z.int32().nullable(),
      c: z.number().optional(),
      d: z.iso.date(),
      e: z.array(z.int()),
    })

    expect(columnsOf(saying(schema['~standard'].jsonSchema.output({ target: 'draft-2020-12' })))).toEqual(columnsOf(schema))
  })

  it('asks for explicit columns when the validator says nothing, and takes them', () => {
    const schema = v.object({ a: v.string() })
    const explicit: Column[] = [{ name: 'a', type: { kind: 'string' }, nullable: false }]

    expect(() => columnsOf(schema)).toThrow(/valibot.*"columns"/)
    expect(columnsOf(schema, explicit)).toEqual(explicit)
  })

  it('refuses explicit columns that contradict themselves', () => {
    const a: Column = { name: 'a', type: { kind: 'decimal', precision: 40, scale: 0 }, nullable: false }

    expect(() => columnsOf(undefined, [a, a])).toThrow(/"a" is there twice.*precision 40/)
  })
})
