import { memoryState, parsePlace, type Sink } from '@millrace/etl-core'
import { arraySource, awkwardTexts, describeCrashes, describeSink, testSplitContext } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { sqlServerPlace } from '../src/connector.js'
import { type AppendServer, appendServer } from './support/append-server.js'
import { optionsFor, statements } from './support/server.js'

const schema = z.object({ id: column.int32(), name: column.string(20).nullable(), big: column.int64() })
type Reading = z.infer<typeof schema>

const reading = (id: number, over: Partial<Reading> = {}): Reading => ({
  id,
  name: id % 3 === 0 ? null : `plant ${id} – ñ`,
  big: 9007199254740993n + BigInt(id),
  ...over,
})

const sinkAt = ({ server }: AppendServer): Sink<Reading> =>
  // Messages name the place, and ports differ.
  sqlServerPlace(
    { ...parsePlace(server.place), shown: 'sqlserver://test' },
    optionsFor(server, { requestTimeoutMs: 10_000 }),
  ).table<Reading>({
    table: 'readings',
    schema,
  })

const readingsOf = ({ rows }: AppendServer): Reading[] => rows.map(row => ({ ...row, big: BigInt(row.big as string) }) as Reading)

const batchOf = (records: readonly Reading[], batchNo = 1) => ({
  id: `batch-${batchNo}`,
  checkpoint: { cursor: batchNo, batchNo },
  rows: { length: records.length, toArray: () => records },
  rawOf: () => null,
})

interface World {
  readonly world: AppendServer
  readonly sink: Sink<Reading>
  another(): Sink<Reading>
  readBack(): Reading[]
}

describeSink<Reading, World>('the protocol of a table that is appended to', {
  record: i => reading(i),
  refused: i => reading(i, { name: 'x'.repeat(21) }),
  awkward: awkwardTexts.filter(text => text.length <= 20).map((name, id) => reading(id, { name })),
  schema,
  async open() {
    const world = await appendServer()
    return { world, sink: sinkAt(world), another: () => sinkAt(world), readBack: () => readingsOf(world) }
  },
  stall: ({ world }) => {
    const goOn = world.server.stall()
    return { release: () => goOn() }
  },
  faults: {
    denied: ({ world }) =>
      world.server.failWhen(
        { kind: ['batch', 'rpc'], times: 99 },
        { error: { number: 229, message: 'The INSERT permission was denied.' } },
      ),
    throttled: ({ world }) =>
      world.server.failWhen(
        { kind: ['batch', 'rpc'], times: 99 },
        { error: { number: 40501, class: 20, message: 'The service is busy.' } },
      ),
    unavailable: ({ world }) => world.server.failWhen({ kind: ['batch', 'rpc', 'begin'], times: 99 }, 'dropBefore'),
    deadlocked: {
      arm: ({ world }) => world.server.failWhen({ sql: /INSERT INTO \[dbo\]\.\[readings\]/, times: 99 }, 'deadlock'),
      codes: ['ETL_SINK_UNAVAILABLE'],
      retry: ['later'],
    },
    'cut off in the middle of a bulk load': {
      arm: ({ world }) => world.server.failWhen({ kind: 'bulk', times: 99 }, { dropAfterRows: 1 }),
      codes: ['ETL_SINK_UNAVAILABLE'],
      retry: ['later'],
    },
    starting: {
      arm: ({ world }) => {
        world.server.dropAll()
        world.server.refuseLogins()
      },
      codes: ['ETL_SINK_UNAVAILABLE'],
      retry: ['later'],
    },
  },
})

const splits = { a: [0, 1, 2].map(i => reading(i)), b: [3, 4, 5].map(i => reading(i)) }
const faults: readonly [string, (world: AppendServer) => unknown][] = [
  ['a commit whose answer is lost', ({ server }) => server.failWhen({ kind: 'commit', nth: 4 }, 'dropAfter')],
  ['a commit that does not arrive', ({ server }) => server.failWhen({ kind: 'commit', nth: 4 }, 'dropBefore')],
  ['a deadlock', ({ server }) => server.failWhen({ sql: /INSERT INTO \[dbo\]\.\[readings\]/, nth: 2 }, 'deadlock')],
  ['a bulk load that is cut off', ({ server }) => server.failWhen({ kind: 'bulk', nth: 2 }, { dropAfterRows: 1 })],
  ['a server that restarts', ({ server }) => server.failWhen({ kind: 'begin', nth: 4 }, 'dropBefore')],
]

for (const [name, arm] of faults) {
  describeCrashes<Reading>(`appending over ${name}`, {
    expected: [...splits.a, ...splits.b],
    kinds: ['crash'],
    maxPoints: process.env.MILLRACE_TEST_LONG ? 100 : 2,
    async build() {
      const world = await appendServer()
      const state = memoryState()
      arm(world)
      return {
        open: () => ({ source: arraySource<Reading>({ splits }), sink: sinkAt(world), state }),
        read: () => readingsOf(world),
      }
    },
  })
}

test('an owner that wakes when its load was cleaned up begins no split of it anew, and a later load of that id does', async () => {
  const world = await appendServer()
  const owned = (epoch: number, startedAtMs: number) =>
    testSplitContext({ load: { loadId: 'the load', startedAtMs, attempt: 1, epoch } })
  const successor = owned(2, 1_000)
  const writer = await sinkAt(world).open(successor)
  await writer.write(batchOf([reading(0)]))
  await writer.commit()
  await sinkAt(world).discard?.('the load', successor)

  await expect(sinkAt(world).open(owned(1, 1_000))).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
  const later = await sinkAt(world).open(owned(1, 2_000))
  await later.write(batchOf([reading(1)]))
  await later.commit()

  expect(world.rows.map(({ id }) => id)).toEqual([0, 1])
})

test('who was succeeded leaves the splits of a load alone', async () => {
  const world = await appendServer()
  const owned = (epoch: number) => testSplitContext({ load: { loadId: 'the load', startedAtMs: 0, attempt: 1, epoch } })
  await (await sinkAt(world).open(owned(1))).suspend()
  const writer = await sinkAt(world).open(owned(2))

  await sinkAt(world).discard?.('the load', owned(1))
  await writer.write(batchOf([reading(0)]))
  await writer.commit()

  expect(world.rows).toHaveLength(1)
})

// Between a write and the save of its rejects is where one could be lost.
describeCrashes<Reading>('appending with rejects of a step and of the table itself', {
  expected: [...splits.a, ...splits.b].filter(({ id }) => id !== 1 && id !== 4),
  kinds: ['crash'],
  only: ({ call }) => call.name === 'write' || (call.name === 'save' && call.about.startsWith('rejects')),
  steps: flow => flow.validate(schema.refine(({ id }) => id !== 1, 'not the first')),
  async build() {
    const world = await appendServer(true)
    const state = memoryState()
    world.refuse(({ id }) => id === 4)
    return {
      open: () => ({ source: arraySource<Reading>({ splits }), sink: sinkAt(world), state }),
      read: () => readingsOf(world),
    }
  },
})

test.each([
  ['halving, behind savepoints', false],
  ['tries of their own, where the transaction is given up', true],
])('rows that a constraint refuses are found by %s, and the others are written', async (_, dooms) => {
  const world = await appendServer(true)
  // The table has a check of its own.
  const first = await sinkAt(world).open(testSplitContext())
  await first.write(batchOf([reading(0)]))
  await first.commit()
  world.refuse(({ id }) => id === 3 || id === 77 || id === 78, { dooms })
  const writer = await sinkAt(world).open(testSplitContext({ load: { loadId: 'second', startedAtMs: 0, attempt: 1, epoch: 2 } }))

  const { rejected = [] } = await writer.write(
    batchOf(
      Array.from({ length: 100 }, (_, i) => reading(i + 1)),
      1,
    ),
  )
  await writer.commit()

  expect(rejected.map(({ row, error }) => [row, error.code, error.context.number])).toEqual([
    [2, 'ETL_RECORD_REFUSED', 547],
    [76, 'ETL_RECORD_REFUSED', 547],
    [77, 'ETL_RECORD_REFUSED', 547],
  ])
  expect(world.rows.map(({ id }) => id)).toEqual(Array.from({ length: 101 }, (_, i) => i).filter(i => ![3, 77, 78].includes(i)))
  expect(statements(world.server).some(sql => sql.startsWith('SAVE TRANSACTION'))).toBe(true)
  // Those that are left are written together: halves would be another history.
  expect(statements(world.server).findLast(sql => sql.startsWith('INSERT INTO [dbo].[readings]'))).not.toContain('WHERE')
})

test('a row that nobody expected to be refused is found when the batches come again', async () => {
  const world = await appendServer()
  world.refuse(({ id }) => id === 1)
  const sink = sinkAt(world)
  const records = [reading(0), reading(1), reading(2)]
  const writer = await sink.open(testSplitContext())
  await writer.write(batchOf(records))

  await expect(writer.flush()).rejects.toMatchObject({ code: 'ETL_SINK_REFUSED', retry: 'later' })
  const again = await sink.open(testSplitContext())
  const { rejected } = await again.write(batchOf(records))
  await again.flush()

  expect(rejected).toMatchObject([{ row: 1 }])
  expect(world.rows.map(({ id }) => id)).toEqual([0, 2])
})

test('rows are staged outside of the transaction, and nothing is staged for a batch without rows', async () => {
  const world = await appendServer()
  const writer = await sinkAt(world).open(testSplitContext())
  await writer.write(batchOf([reading(0)], 1))
  await writer.flush()
  await writer.write(batchOf([], 2))
  await writer.flush()
  await writer.commit()

  const bulks = world.server.log.filter(({ kind }) => kind === 'bulk')
  expect(bulks.map(({ inTransaction }) => inTransaction)).toEqual([false])
  expect(bulks[0]?.bulk).toMatchObject({
    table: '#_millrace_raw',
    columns: [
      { name: 'seq', type: 'IntN' },
      { name: 'f0', type: 'IntN' },
      { name: 'f1', type: 'NVarChar' },
      { name: 'f2', type: 'NVarChar' },
    ],
    rows: [[0, 0, null, '9007199254740993']],
  })
})

test('statements have as many parameters as values of their own, whatever the number of rows', async () => {
  const world = await appendServer()
  const writer = await sinkAt(world).open(testSplitContext())
  await writer.write(batchOf(Array.from({ length: 5_000 }, (_, i) => reading(i))))
  await writer.commit()

  expect(Math.max(...world.server.log.map(({ params }) => Object.keys(params).length))).toBeLessThan(20)
  expect(world.rows).toHaveLength(5_000)
})
