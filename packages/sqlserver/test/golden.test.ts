import type { RelatedTablesOptions, SplitContext, TableSinkOptions } from '@millrace/etl-core'
import { testSplitContext } from '@millrace/etl-testkit'
import { planRelated, planSingle, planSource, type RelationalPlan } from '@millrace/relational'
import { column } from '@millrace/schema'
import { columnsOf } from '@millrace/schema/columns'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { addColumn, createTable, createView } from '../src/ddl.js'
import { sqlServerRules } from '../src/rules.js'
import { directLoading } from '../src/sink/loading.js'
import { stagedLoading } from '../src/sink/replace.js'
import { createStage } from '../src/sink/staged-sql.js'
import { boundariesSql } from '../src/source/look.js'
import { rangeCondition } from '../src/source/ranges.js'
import { pageSql } from '../src/source/read.js'
import { removeSql } from '../src/source/removal.js'
import { readColumn } from '../src/source/values.js'

const schema = z.object({
  plant: column.int32(),
  name: column.string(100),
  botanist: column.string(200).nullable(),
  'take]n at': column.timestamp(3),
  moisture: column.float64().nullable(),
  price: column.decimal(38, 10).nullable(),
  big: column.int64(),
  alive: column.bool(),
  seen: column.date(),
  picture: column.bytes().nullable(),
  more: column.json().nullable(),
  note: column.string().nullable(),
})
type Reading = z.infer<typeof schema>
const columns = columnsOf(schema)

const related: RelatedTablesOptions<Reading> = {
  tables: {
    reading: {
      columns: { at: 'take]n at', moisture: 'moisture', price: 'price', big: 'big' },
      references: { plant_id: 'plant' },
      key: ['plant_id', 'at'],
      changes: 'keep',
    },
    plant: { columns: { no: 'plant', name: 'name', note: 'note' }, references: { botanist_id: 'botanist' }, key: ['no'] },
    botanist: { columns: { name: 'botanist' }, key: ['name'] },
  },
  views: { flat: 'reading' },
}
const withHistory: RelatedTablesOptions<Reading> = {
  tables: {
    'archive.reading': {
      columns: { at: 'take]n at', moisture: 'moisture' },
      references: { plant_id: 'plant' },
      key: ['plant_id', 'at'],
    },
    plant: { columns: { no: 'plant', name: 'name', note: 'note' }, key: ['no'], history: { of: ['name'], at: 'take]n at' } },
  },
}
const single = (options: Partial<TableSinkOptions<Reading>>) =>
  planSingle<Reading>({ table: 'odd ]name', ...options }, columns, sqlServerRules)

const ctx: SplitContext = testSplitContext()
const all = (statements: readonly string[]) => `${statements.join(';\n\n')};\n`
const tablesSql = (plan: RelationalPlan) => [
  ...plan.tables.flatMap(table => createTable(table, plan, () => true)),
  ...plan.views.flatMap(view => createView(view, plan, true)),
]
const loadSql = (plan: RelationalPlan) => [
  ...createStage(plan, ''),
  ...directLoading(plan, ctx)
    .statements(7)
    .map(({ sql }) => sql),
]

test.each<[string, readonly string[]]>([
  ['create-related', tablesSql(planRelated(related, columns, sqlServerRules))],
  ['create-history', tablesSql(planRelated(withHistory, columns, sqlServerRules))],
  ['create-single', tablesSql(single({ disposition: 'merge', key: ['plant', 'take]n at'] }))],
  ['load-append', loadSql(single({}))],
  ['load-merge', loadSql(single({ disposition: 'merge', key: ['plant', 'take]n at'] }))],
  ['load-related', loadSql(planRelated(related, columns, sqlServerRules))],
  ['load-history', loadSql(planRelated(withHistory, columns, sqlServerRules))],
])('the statements of %s are as they were read and found good', async (name, statements) => {
  await expect(all(statements)).toMatchFileSnapshot(`golden/${name}.sql`)
})

test('the statements of a replaced group are as they were read and found good', async () => {
  const plan = single({ disposition: 'replace' })
  const loading = stagedLoading(plan, '', ctx)

  await expect(all([...tablesSql(plan), ...loading.begin, ...loading.statements(7).map(({ sql }) => sql)])).toMatchFileSnapshot(
    'golden/load-replace.sql',
  )
})

test('text is compared in the collation of the database where temporary tables have another', async () => {
  const plan = planRelated(withHistory, columns, sqlServerRules)

  await expect(all(createStage(plan, ' COLLATE DATABASE_DEFAULT'))).toMatchFileSnapshot('golden/stage-collated.sql')
})

test('columns are added one at a time', () => {
  const plan = single({})

  const [table] = plan.tables
  const [first] = table?.columns ?? []
  expect(addColumn(table as never, first as never)).toBe('ALTER TABLE [dbo].[odd ]]name] ADD [plant] INT NULL')
})

test('the conditions of a source are as they were read and found good', async () => {
  const { columns, key } = planSource<Reading>({ table: 'reading', schema, key: ['plant', 'take]n at'] })
  const stored = [
    'INT',
    'NVARCHAR(100)',
    'NVARCHAR(200)',
    'DATETIME2(3)',
    'FLOAT',
    'DECIMAL(38,10)',
    'BIGINT',
    'BIT',
    'DATE',
    'VARBINARY(MAX)',
  ]
  const read = columns.map((column, at) => readColumn(column, stored[at] ?? 'NVARCHAR(MAX)'))
  const keyed = { sql: '[dbo].[reading]', columns: read, key: [read[0], read[3]] as never, before: read[3] as never }
  const last = [9, '2026-01-26T13:00:00.000Z']
  const where = rangeCondition(keyed, { after: null, above: 2, upTo: 5, last, before: '2026-01-26T13:00:00Z' }, [
    3,
    '2026-01-26T12:00:00.123Z',
  ])
  const gone = removeSql(
    '[dbo].[reading]',
    key.map((column, at) => ({ column, stored: ['INT', 'DATETIME2(3)'][at] as string })),
  )

  await expect(
    all([pageSql(keyed, 101, where.sql), `-- ${JSON.stringify(where.params)}`, boundariesSql(keyed, where, 3), gone]),
  ).toMatchFileSnapshot('golden/read.sql')
})

test('no statement asks for what compatible servers lack', () => {
  const statements = [
    ...loadSql(planRelated(related, columns, sqlServerRules)),
    ...loadSql(planRelated(withHistory, columns, sqlServerRules)),
    ...tablesSql(planRelated(related, columns, sqlServerRules)),
  ]

  for (const sql of statements) expect(sql).not.toMatch(/\b(MERGE|WAITFOR|OFFSET|IS DISTINCT FROM|CREATE OR ALTER)\b/)
})
