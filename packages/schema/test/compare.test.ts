import { expect, it } from 'vitest'
import { type Column, type ColumnType, compareColumns, incompatibleColumns } from '../src/index.js'

const col = (name: string, type: ColumnType = { kind: 'string' }, nullable = false): Column => ({ name, type, nullable })
const stored = [col('id', { kind: 'int64' }), col('note', { kind: 'string' }, true)]

it('finds the same columns the same in any order, and a column without nulls fitting one with', () => {
  expect(compareColumns(stored, [col('note'), { ...col('id', { kind: 'int64' }), description: 'key' }])).toEqual({ kind: 'same' })
})

it('lets a stored schema grow by nullable columns', () => {
  const added = col('price', { kind: 'decimal', precision: 18, scale: 4 }, true)

  expect(compareColumns(stored, [...stored, added])).toEqual({ kind: 'grows', added: [added] })
})

it('lists everything else as incompatible, each with what to do', () => {
  const found = compareColumns(stored, [col('id', { kind: 'int32' }), col('new')])

  expect(found).toMatchObject({ kind: 'incompatible' })
  const problems = found.kind === 'incompatible' ? found.problems : []
  expect(problems).toHaveLength(3)
  expect(problems.join('\n')).toMatch(
    /"id" is stored as int64 and wanted as int32.*\n"note" is stored and no longer.*\n"new".*make it nullable/,
  )
})

it('finds null wanted where none is stored incompatible', () => {
  expect(compareColumns(stored, [col('id', { kind: 'int64' }, true), col('note', { kind: 'string' }, true)]).kind).toBe(
    'incompatible',
  )
})

it('names place and remedy in the error', () => {
  const error = incompatibleColumns('table dbo.orders', ['"id" changed'], 'ALTER TABLE …')

  expect(error).toMatchObject({ code: 'ETL_SCHEMA_INCOMPATIBLE', retry: 'never' })
  expect(error.message).toBe('The record schema does not fit table dbo.orders: "id" changed. To allow it: ALTER TABLE …')
})
