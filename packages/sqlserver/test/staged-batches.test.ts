import { parsePlace } from '@millrace/etl-core'
import { testSplitContext } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { sqlServerPlace } from '../src/connector.js'
import { optionsFor, protocolServer, statements } from './support/server.js'

const schema = z.object({ id: column.int32() })
type Row = z.infer<typeof schema>

/** A writer of a replaced group that is at its fifth batch already. */
async function writerAtFive() {
  const books = { columns: [['batch_no', 'bigint'], 'cursor', 'receipt'] as const, rows: [[5n, '5', '{"rows":5,"changed":{}}']] }
  const server = await protocolServer()
  server.handle(({ sql }) => {
    if (sql.startsWith('SELECT [batch_no]')) return { rowset: books }
    if (sql.includes('sp_getapplock')) return { rowset: { columns: [['granted', 'int']], rows: [[0]] } }
    return { rowCount: 1 }
  })
  const sink = sqlServerPlace(parsePlace(server.place), optionsFor(server)).table<Row>({
    table: 'rows',
    disposition: 'replace',
    schema,
  })
  return { server, writer: await sink.open(testSplitContext()) }
}

const batch = (batchNo: number) => ({
  id: `batch-${batchNo}`,
  checkpoint: { cursor: batchNo, batchNo },
  rows: { length: 1, toArray: () => [{ id: batchNo }] },
  rawOf: () => null,
})

test('what waits of a batch that comes again is dropped, and of those after it, and nothing before', async () => {
  const { server, writer } = await writerAtFive()

  await writer.write(batch(4))
  await writer.write(batch(5))
  await writer.flush()

  const staged = statements(server).filter(sql => sql.includes('_millrace_staged_') && /^(DELETE|INSERT)/.test(sql))
  expect(staged.map(sql => sql.replace(/\s+/g, ' '))).toEqual([
    expect.stringMatching(/^DELETE .* AND \[batch\] >= 4$/),
    // Together in one transaction, under the number of the last.
    expect.stringMatching(/^INSERT .* SELECT N'\w+', 5, /),
  ])
})
