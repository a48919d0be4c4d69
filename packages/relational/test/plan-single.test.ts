import type { TableSinkOptions } from '@millrace/etl-core'
import { expect, test } from 'vitest'
import { planSingle } from '../src/index.js'
import { columns, type Reading, rules } from './support/plants.js'

const plan = (options: TableSinkOptions<Reading>) => planSingle(options, columns, rules)

test('one table has the record’s columns, and no null in its key', () => {
  const [table] = plan({ table: 'archive.readings', disposition: 'merge', key: ['plant', 'botanist'] }).tables

  expect(table).toMatchObject({ mode: 'overwrite', at: { schema: 'archive', name: 'readings' }, unique: ['plant', 'botanist'] })
  expect(table?.columns.map(({ name, nullable }) => [name, nullable]).slice(0, 4)).toEqual([
    ['plant', false],
    ['name', false],
    ['botanist', false],
    ['phone', true],
  ])
})

test('a table whose groups are replaced has a column for the group', () => {
  const names = (options: TableSinkOptions<Reading>) => plan(options).tables[0]?.columns.map(({ name }) => name)

  expect(names({ table: 'a', disposition: 'replace' })).toContain('_group')
  expect(names({ table: 'a', disposition: 'replace', groupColumn: 'day' })).toContain('day')
  expect(names({ table: 'a' })).not.toContain('_group')
})

test.each<[string, TableSinkOptions<Reading>, string]>([
  ['a merge without a key', { table: 'a', disposition: 'merge' }, '"merge" needs a "key"'],
  ['a key that nothing uses', { table: 'a', key: ['plant'] }, '"key" is for "merge"'],
  ['a key of no column', { table: 'a', disposition: 'merge', key: ['x' as 'plant'] }, 'which records do not have'],
  ['a key twice', { table: 'a', disposition: 'merge', key: ['plant', 'plant'] }, 'twice'],
  ['a group column that is one of the record’s', { table: 'a', disposition: 'replace', groupColumn: 'Name' }, 'is there twice'],
  ['a group column that nothing uses', { table: 'a', groupColumn: 'day' }, '"groupColumn" is for "replace"'],
  ['an empty name', { table: '' }, 'its name is empty'],
  ['an empty schema', { table: '.a' }, 'its name is empty'],
  ['a name of ours', { table: '_millrace_state' }, 'kept for state'],
  ['a disposition that is none', { table: 'a', disposition: 'upsert' as 'merge' }, 'is no disposition'],
])('%s is refused', (_, options, problem) => {
  expect(() => plan(options)).toThrow(
    expect.objectContaining({ code: 'ETL_CONFIG_INVALID', message: expect.stringContaining(problem) }),
  )
})
