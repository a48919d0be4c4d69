import { testContext, testSplitContext } from '@millrace/etl-testkit'
import { expect, test } from 'vitest'
import { takeSplit } from '../src/sink/splits.js'
import { databaseOf, protocolServer, statements } from './support/server.js'

const part = '["","readings"]'
const ctx = testSplitContext({ load: { ...testContext().load, epoch: 2 } })
const books = { columns: [['batch_no', 'bigint'], 'cursor', 'receipt'] as const, rows: [[7n, '[1]', '{"rows":70,"changed":{}}']] }
const takenKey = { number: 2627, class: 14, message: 'Violation of PRIMARY KEY constraint.' }

test('a split is written before it is read, so that nobody writes it meanwhile, hints or no hints', async () => {
  const server = await protocolServer({
    handler: ({ sql }) => (sql.startsWith('SELECT [batch_no]') ? { rowset: books } : { rowCount: 1 }),
  })

  const { checkpoint, receipt } = await databaseOf(server).transaction(session => takeSplit(session, part, ctx))

  expect([checkpoint, receipt.rows]).toEqual([{ batchNo: 7, cursor: [1] }, 70])
  const [update, select] = statements(server).slice(-3)
  expect(update).toMatch(/^UPDATE .* WHERE \[load_hash\] = @load AND \[split_hash\] = @split AND \[epoch\] <= @epoch$/)
  expect(select).toMatch(/^SELECT \[batch_no\]/)
})

test('of two that begin a split at the same moment the later owner has it', async () => {
  let taking = 0
  const server = await protocolServer({
    handler({ sql }) {
      if (sql.startsWith('INSERT')) return { error: takenKey }
      if (sql.startsWith('SELECT COUNT(*)')) return undefined
      return sql.startsWith('SELECT') ? { rowset: books } : { rowCount: taking++ === 0 ? 0 : 1 }
    },
  })

  await expect(databaseOf(server).transaction(session => takeSplit(session, part, ctx))).resolves.toBeDefined()
})

test('a split that an owner of a later epoch has is a conflict', async () => {
  const server = await protocolServer({
    handler: ({ sql }) => (sql.startsWith('INSERT') ? { error: takenKey } : { rowCount: 0 }),
  })

  const taking = databaseOf(server).transaction(session => takeSplit(session, part, ctx))

  await expect(taking).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
})

test('a split of a load that a later owner has cleaned up after is not begun anew', async () => {
  const server = await protocolServer({
    handler: ({ sql }) =>
      sql.startsWith('SELECT COUNT(*)') ? { rowset: { columns: [['n', 'int']], rows: [[1]] } } : { rowCount: 1 },
  })

  const taking = databaseOf(server).transaction(session => takeSplit(session, part, ctx))

  await expect(taking).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
  expect(statements(server).filter(sql => /^(INSERT|UPDATE)/.test(sql))).toEqual([])
})
