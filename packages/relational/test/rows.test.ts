import type { Value } from '@millrace/schema/columns'
import { describe, expect, test } from 'vitest'
import { planRelated, planSingle, rowReader } from '../src/index.js'
import { aReading, columns, declaration, type Reading, rules } from './support/plants.js'

const related = rowReader(planRelated(declaration, columns, rules), rules)
const read = (over: Partial<Record<keyof Reading, unknown>>, reader = related): (Value | null)[] => {
  const values: (Value | null)[] = []
  reader({ ...aReading, ...over }, values)
  return values
}

describe('a record before it goes to the database', () => {
  test('gives its values in the order of the fields', () => {
    expect(read({})).toEqual([1, 'Venus flytrap', 'Ana', null, 'Reus', 'ES', '2026-01-26T13:12:19.000001Z', 12.5])
  })

  test.each([
    ['NaN', { moisture: Number.NaN }],
    ['an infinity', { moisture: Number.POSITIVE_INFINITY }],
    ['a text that is longer than its column', { name: 'x'.repeat(101) }],
    ['a number beyond 32 bits', { plant: 2 ** 31 }],
    ['a time with more digits than fit', { takenAt: '2026-01-26T13:12:19.0000001Z' }],
    ['a day that is none', { takenAt: '2026-02-29T13:12:19Z' }],
    ['a missing value', { name: undefined }],
  ])('is refused for %s', (_, over) => {
    expect(() => read(over)).toThrow(expect.objectContaining({ code: 'ETL_RECORD_INVALID' }))
  })

  test('takes numbers of any size that fit', () => {
    expect(read({ moisture: 1e-300 }).at(-1)).toBe(1e-300)
    expect(read({ moisture: 2 ** 53 + 2 }).at(-1)).toBe(9007199254740994)
  })

  test('may lack a row it refers to', () => {
    expect(read({ town: null, country: null, botanist: null })[4]).toBeNull()
  })

  test('is refused when it has a part of a key', () => {
    expect(() => read({ country: null })).toThrow(
      expect.objectContaining({
        code: 'ETL_RECORD_KEY',
        path: ['country'],
        message: 'Key of table "town": "country" is null, and a key is there as a whole, or not at all.',
      }),
    )
  })

  test('is refused when the key of a table that nobody refers to is null', () => {
    const merge = rowReader(
      planSingle<Reading>({ table: 'a', disposition: 'merge', key: ['town', 'country'] }, columns, rules),
      rules,
    )

    expect(() => read({ town: null, country: null }, merge)).toThrow(
      expect.objectContaining({ code: 'ETL_RECORD_KEY', message: expect.stringContaining('"town", "country" are null') }),
    )
  })

  test('is refused when a key refers to a row that it lacks', () => {
    const tables = {
      town: { columns: { name: 'town' as const }, key: ['name'] },
      visit: { columns: { at: 'takenAt' as const }, references: { town_id: 'town' }, key: ['town_id', 'at'] },
    }
    const reader = rowReader(planRelated<Reading>({ tables }, columns, rules), rules)

    expect(() => read({ town: null }, reader)).toThrow(expect.objectContaining({ code: 'ETL_RECORD_KEY' }))
  })

  test('is refused when a change has no time', () => {
    const maybe = columns.map(column => (column.name === 'takenAt' ? { ...column, nullable: true } : column))
    const tables = {
      plant: {
        columns: { no: 'plant' as const, name: 'name' as const },
        key: ['no'],
        history: { of: ['name'], at: 'takenAt' as const },
      },
    }
    const reader = rowReader(planRelated<Reading>({ tables }, maybe, rules), rules)

    expect(() => read({ takenAt: null }, reader)).toThrow(
      expect.objectContaining({ code: 'ETL_RECORD_KEY', message: expect.stringContaining('a change needs its time') }),
    )
    expect(read({}, reader)).toHaveLength(3)
  })

  test('is refused for what only this database cannot take', () => {
    const picky = { ...rules, valueProblem: (_: unknown, value: unknown) => (value === 'Reus' ? 'is not on the map' : undefined) }

    expect(() => read({}, rowReader(planRelated(declaration, columns, rules), picky))).toThrow('"Reus" is not on the map')
  })
})
