import { expect, test } from 'vitest'
import {
  compareTable,
  incompatibleTable,
  type PlannedTable,
  planSingle,
  type StoredColumn,
  type StoredTable,
} from '../src/index.js'
import { columns, type Reading, rules } from './support/plants.js'

const planned = planSingle<Reading>({ table: 'readings', disposition: 'merge', key: ['plant'] }, columns, rules)
  .tables[0] as PlannedTable
const asPlanned: StoredTable = {
  columns: planned.columns.map(({ name, type, nullable }) => ({ name, type: rules.physicalType(type), nullable, filled: false })),
  unique: [['plant']],
  strict: false,
}
const changed = (name: string, over: Partial<StoredColumn> | undefined): StoredTable => ({
  ...asPlanned,
  columns: asPlanned.columns.flatMap(column => (column.name !== name ? [column] : over ? [{ ...column, ...over }] : [])),
})
const compare = (stored: StoredTable | undefined) => compareTable(planned, stored, rules)

test('a table that is not there is created', () => {
  expect(compare(undefined)).toEqual({ kind: 'create' })
})

test('a table that is as planned stays as it is', () => {
  expect(compare(asPlanned)).toEqual({ kind: 'same' })
})

test('upper and lower case make no difference', () => {
  expect(compare(changed('name', { name: 'NAME' }))).toEqual({ kind: 'same' })
  expect(compare({ ...asPlanned, unique: [['PLANT']] })).toEqual({ kind: 'same' })
})

test('lengths and digits that the database does not keep make no difference', () => {
  const shorter = columns.map(column =>
    column.name === 'name' ? { ...column, type: { kind: 'string' as const, length: 7 } } : column,
  )
  const [table] = planSingle<Reading>({ table: 'readings' }, shorter, rules).tables

  expect(compareTable(table as PlannedTable, asPlanned, rules)).toEqual({ kind: 'same' })
})

test('a table grows by columns that take null', () => {
  expect(compare(changed('moisture', undefined))).toEqual({
    kind: 'grows',
    added: [expect.objectContaining({ name: 'moisture' })],
  })
})

test('a stored column that the database fills is left to it', () => {
  const more = (filled: boolean) => ({
    ...asPlanned,
    columns: [...asPlanned.columns, { name: 'id', type: 'BIGINT', nullable: false, filled }],
  })

  expect(compare(more(true))).toEqual({ kind: 'same' })
  expect(compare(more(false))).toMatchObject({ kind: 'incompatible', byHand: [{ do: 'drop column' }] })
})

test.each([
  [
    'of another type',
    changed('moisture', { type: 'DECIMAL(9,2)' }),
    '"moisture" is stored as DECIMAL(9,2) and wanted as float64',
    'change type',
  ],
  ['that takes no null', changed('moisture', { nullable: false }), '"moisture" takes no null where it is stored', 'allow null'],
  [
    'that is missing and takes no null',
    changed('name', undefined),
    '"name" (string(100)) is new and takes no null',
    'add column',
  ],
  ['that is not unique', { ...asPlanned, unique: [] }, '"plant" is not unique there', 'make unique'],
])('a column %s is named, with what to do by hand', (_, stored, problem, what) => {
  expect(compare(stored)).toEqual({
    kind: 'incompatible',
    problems: [expect.stringContaining(problem)],
    byHand: [expect.objectContaining({ do: what })],
  })
})

test('the error says where, what, and the statements', () => {
  const found = compare(changed('moisture', { type: 'VARCHAR' }))
  if (found.kind !== 'incompatible') throw new Error(found.kind)
  const error = incompatibleTable('duckdb:a.duckdb', planned, found, ['ALTER TABLE readings …'])

  expect(error).toMatchObject({ code: 'ETL_SCHEMA_INCOMPATIBLE', context: { place: 'table readings in duckdb:a.duckdb' } })
  expect(error.message).toContain('"moisture" is stored as VARCHAR and wanted as float64')
  expect(error.message).toContain('ALTER TABLE readings …')
})
