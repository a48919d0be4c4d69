import { parsePlace, type Source, type Split } from '@millrace/etl-core'
import { describeSource, testContext, testSplitContext } from '@millrace/etl-testkit'
import type { TdsCall, TdsServer } from '@millrace/etl-testkit/tds'
import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { sqlServerPlace } from '../src/connector.js'
import { optionsFor, protocolServer, statements } from './support/server.js'

const schema = z.object({ id: column.int64(), at: column.timestamp(3), price: column.decimal(10, 2).nullable() })
type Reading = z.infer<typeof schema>

const readings = Array.from(
  { length: 11 },
  (_, i): Reading => ({
    id: 9007199254740993n + BigInt(i),
    at: `2026-01-26T13:12:${String(i).padStart(2, '0')}.123Z`,
    price: i % 4 === 0 ? null : `${i}.50`,
  }),
)

const rawOf = ({ id, at, price }: Reading) => [String(id), at.slice(0, -1).replace('T', ' '), price]

/** Answers what a source asks of one table, whose rows have ascending keys; the conditions are taken from their parameters. */
function answers(rows: readonly Reading[]) {
  return ({ sql, params }: TdsCall) => {
    if (sql.includes('snapshot_isolation_state')) return { rowset: { columns: [['s', 'int'] as const], rows: [[0]] } }
    if (sql.includes('FROM sys.objects')) return { rowset: { columns: [['id', 'int'] as const, 'type'], rows: [[1, 'U ']] } }
    if (sql.includes('FROM sys.columns AS c')) {
      const int = 'int' as const
      return {
        rowset: {
          columns: [
            'name',
            'type',
            ['bytes', int],
            ['precision', int],
            ['scale', int],
            ['nullable', int],
            ['filled', int],
          ] as const,
          rows: [
            ['id', 'bigint', 8, 19, 0, 0, 0],
            ['at', 'datetime2', 7, 23, 3, 0, 0],
            ['price', 'decimal', 9, 10, 2, 1, 0],
          ],
        },
      }
    }
    if (sql.includes('COUNT_BIG')) return { rowset: { columns: ['n'], rows: [['0']] } }
    const top = Number(/TOP \((\d+)\)/.exec(sql)?.[1])
    if (sql.includes(' DESC')) return { rowset: { columns: ['id'], rows: rows.slice(-1).map(({ id }) => [String(id)]) } }
    const given = Object.values(params).map(value => BigInt(value as string))
    const behind = /(?<!NOT )\(\[id\] > CAST\(@p0/.test(sql) ? (given[0] as bigint) : 0n
    const page = rows.filter(({ id }) => id > behind).slice(0, top)
    return { rowset: { columns: ['id', 'at', 'price'], rows: page.map(rawOf) } }
  }
}

const sourceAt = (server: TdsServer): Source<Reading> =>
  sqlServerPlace(parsePlace(server.place), optionsFor(server)).source<Reading>({
    table: 'reading',
    schema,
    key: ['id'],
    pageRows: 3,
  })

const world = async (rows: readonly Reading[]) => {
  const server = await protocolServer({ handler: answers(rows) })
  return { server, source: sourceAt(server), requests: () => statements(server).length }
}

describeSource<Reading, Awaited<ReturnType<typeof world>>>('the protocol of a source', {
  open: () => world(readings),
  empty: () => world([]),
  expected: readings,
  faults: {
    denied: ({ server }) =>
      server.failWhen({ kind: 'rpc', times: 99 }, { error: { number: 229, message: 'The SELECT permission was denied.' } }),
    throttled: ({ server }) =>
      server.failWhen({ kind: 'rpc', times: 99 }, { error: { number: 40501, message: 'The service is busy.' } }),
    unavailable: ({ server }) => server.failWhen({ kind: 'rpc', times: 99 }, 'dropBefore'),
    deadlocked: {
      arm: ({ server }) => server.failWhen({ kind: 'rpc', times: 99 }, 'deadlock'),
      codes: ['ETL_SOURCE_UNAVAILABLE'],
      retry: ['later'],
    },
  },
})

test('pages are asked for by key, and nothing is passed over by counting', async () => {
  const { server, source } = await world(readings)
  const ctx = testContext()
  const { splits } = await source.plan(ctx)
  for (const split of splits) {
    for await (const _ of source.read(split, undefined, { ...ctx, split, progress: { retried() {} } }));
  }

  const pages = server.log.filter(({ sql }) => sql.includes('TOP (4)'))
  expect(pages).toHaveLength(4)
  expect(pages.map(({ params }) => params.p0)).toEqual(
    [readings[10], readings[2], readings[5], readings[8]].map(each => String(each?.id)),
  )
  expect(pages.every(({ sql }) => sql.includes('ORDER BY t.[id]') && !sql.includes('OFFSET'))).toBe(true)
})

test('rows are removed by keys that were loaded in bulk, in one transaction', async () => {
  const { server, source } = await world(readings)
  const keys = readings.map(({ id }) => [String(id)])

  await source.removal?.remove(keys, testContext())

  const bulk = server.log.find(({ kind }) => kind === 'bulk')
  expect(bulk?.bulk?.rows).toEqual(keys)
  expect(bulk?.inTransaction).toBe(false)
  expect(statements(server)).toContain('CREATE TABLE #_millrace_keys ([k0] NVARCHAR(4000) NOT NULL)')
  expect(statements(server).slice(-3)).toEqual([
    'begin',
    'DELETE t FROM [dbo].[reading] AS t INNER JOIN #_millrace_keys AS k ON t.[id] = CAST(k.[k0] AS BIGINT)',
    'commit',
  ])
})

test('whether rows can be removed is asked by a statement that removes none', async () => {
  const { server, source } = await world(readings)

  await source.removal?.check?.(testContext())

  expect(statements(server)).toContain('DELETE FROM [dbo].[reading] WHERE 1 = 0')
})

test('a split that is being read leaves the connections of sinks and state alone', async () => {
  const rows = answers(readings)
  const server = await protocolServer({ handler: call => (call.sql.includes('_millrace_state') ? undefined : rows(call)) })
  const options = optionsFor(server, { maxConnections: 1, connectTimeoutMs: 1_000, requestTimeoutMs: 500 })
  const place = sqlServerPlace(parsePlace(server.place), options)
  const source = place.source<Reading>({ table: 'reading', schema, key: ['id'], pageRows: 3 })
  const { splits } = await source.plan(testContext())
  const [split] = splits as [Split]
  const reading = source.read(split, undefined, testSplitContext({ split }))[Symbol.asyncIterator]()
  await reading.next()

  expect(await place.home.state('plants').load('head')).toBeUndefined()

  await reading.return?.()
})

test('no keys, no request', async () => {
  const { server, source } = await world(readings)

  expect(await source.removal?.remove([], testContext())).toBe(0)
  expect(server.log).toEqual([])
})
