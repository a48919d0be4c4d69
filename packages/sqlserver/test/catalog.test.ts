import type { TdsAnswer } from '@millrace/etl-testkit/tds'
import { planSingle } from '@millrace/relational'
import { column } from '@millrace/schema'
import { columnsOf } from '@millrace/schema/columns'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { collationOf, isMadeWith, storedTable } from '../src/catalog.js'
import { sqlServerRules } from '../src/rules.js'
import { databaseOf, protocolServer } from './support/server.js'

const columns = columnsOf(z.object({ id: column.int32(), name: column.string(20) }))
const plan = planSingle({ table: 'readings', disposition: 'merge', key: ['id'] }, columns, sqlServerRules)
const rows = (...values: readonly (readonly unknown[])[]): TdsAnswer => ({
  rowset: {
    columns: (values[0] ?? ['']).map((value, at) => [`c${at}`, typeof value === 'number' ? 'int' : 'nvarchar']),
    rows: values,
  },
})

/** A table whose catalog says this of its unique indexes and keys. */
async function stored(indexes: readonly (readonly unknown[])[], keys: readonly (readonly unknown[])[] = []) {
  const server = await protocolServer({
    handler({ sql }) {
      if (sql.includes('FROM sys.indexes')) return rows(...indexes)
      if (sql.includes('KEY_COLUMN_USAGE')) return rows(...keys)
      return sql.includes('sys.check_constraints') ? rows([0, 0, 0]) : undefined
    },
  })
  return databaseOf(server).session(session => storedTable(session, { kind: 'table', id: 1 }, plan.tables[0] as never))
}

test('columns of a unique index are unique together, and one that nobody planned may refuse rows', async () => {
  expect(await stored([[2, 'id', 0]])).toMatchObject({ unique: [['id']], strict: false })
  expect(
    await stored([
      [2, 'id', 0],
      [3, 'id', 0],
      [3, 'name', 0],
    ]),
  ).toMatchObject({ unique: [['id'], ['id', 'name']], strict: true })
})

test('an index of some rows makes nothing unique, and may refuse rows', async () => {
  expect(await stored([[2, 'id', 1]])).toMatchObject({ unique: [], strict: true })
})

test('keys are found where the catalog of indexes does not tell of their columns', async () => {
  expect(await stored([], [['readings_pkey', 'id']])).toMatchObject({ unique: [['id']], strict: false })
})

test.each([
  ['Latin1_General_CI_AS', 'Latin1_General_CI_AS', ''],
  ['Latin1_General_CI_AS', 'SQL_Latin1_General_CP1_CI_AS', ' COLLATE DATABASE_DEFAULT'],
  ['Latin1_General_CI_AS', null, ' COLLATE DATABASE_DEFAULT'],
  [null, null, ''],
])(
  'text in temporary tables of a database with %s beside a tempdb with %s is said to be "%s"',
  async (database, tempdb, said) => {
    const server = await protocolServer({ handler: ({ sql }) => (sql.includes('tempdb') ? rows([database, tempdb]) : undefined) })

    expect(await databaseOf(server).session(collationOf)).toBe(said)
  },
)

test('a view is known by what it was made with, also where only the first 4,000 characters are kept', async () => {
  const sql = `CREATE VIEW [dbo].[flat] AS SELECT ${'x'.repeat(5_000)}`
  const made = async (definition: string | null) => {
    const server = await protocolServer({ handler: ({ sql }) => (sql.includes('sql_modules') ? rows([definition]) : undefined) })
    return databaseOf(server).session(session => isMadeWith(session, { kind: 'view', id: 1 }, sql))
  }

  expect(await Promise.all([sql, sql.slice(0, 4_000), sql.slice(0, 100), null].map(made))).toEqual([true, true, false, false])
})
