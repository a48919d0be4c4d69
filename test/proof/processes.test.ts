import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspectState } from '@millrace/etl-core'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { folderStore, type ObjectStore, stateOver } from '@millrace/objects'
import { s3Store } from '@millrace/s3'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Order } from './support/order.js'
import { type Child, childScript } from './support/processes.js'
import { keysIn, linesOf, rejectsIn } from './support/race-world.js'
import { allRows, isGood, type Row, type Shape } from './support/versions.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
/** What happens is drawn from it; it is in the tests' names, and can be given again. */
const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000)
const shape: Shape = { g: { a: 5, b: 4 }, h: { c: 4 } }

let script: Awaited<ReturnType<typeof childScript>>
let server: S3Server
beforeAll(async () => {
  script = await childScript()
  server = await s3Server()
})
afterAll(async () => {
  await script.remove()
  await server.close()
})

interface Place {
  readonly place: Order['place']
  readonly store: ObjectStore
  remove(): Promise<void>
}

async function folderPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-'))
  return { place: { folder }, store: folderStore(folder), remove: () => rm(folder, { recursive: true, force: true }) }
}

let buckets = 0
async function bucketPlace(): Promise<Place> {
  const bucket = `lake-${++buckets}`
  server.createBucket(bucket)
  const { endpoint, credentials, region } = server.clientConfig()
  const where = { bucket, endpoint, credentials, region }
  return { place: where, store: s3Store({ ...where, prefix: 'out' }), remove: async () => {} }
}

const layouts = {
  objects: { path: '{group}/{version}.{ext}', latest: '{group}/latest.{ext}' },
  'appended objects': { path: '{group}', layout: 'append' },
} as const satisfies Record<string, Order['layout']>

const orderFor = ({ place }: Place, over: Partial<Order> = {}): Order => ({
  place,
  layout: layouts.objects,
  shape,
  version: 1,
  cut: 2,
  full: false,
  waitMs: 0,
  leaseMs: 30_000,
  ...over,
})

/** One run in a process of its own. */
async function once(order: Order, act: (child: Child, answer: Promise<Answer>) => Promise<unknown> = async () => {}) {
  const child = script.start()
  try {
    const answer = child.order(order)
    await act(child, answer)
    return await answer
  } finally {
    await child.end()
  }
}

const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).sort()
const stateOf = ({ store }: Place) => stateOver(store, '_millrace/proof/state')
const isDone = ({ status }: Answer) => status === 'succeeded' || status === 'unchanged'

/** A reader sees exactly one version, its rejects are stored once, and nothing is left of the load. */
async function expectWhole(at: Place, layout: Order['layout'], version: number, last: Answer, zombie = false): Promise<void> {
  for (const group of Object.keys(shape)) {
    const keys = (await keysIn(at.store, `${group}/`)).filter(key => layout.layout === 'append' || key.endsWith('latest.ndjson'))
    expect(ids(await linesOf(at.store, keys)), group).toEqual(ids(allRows(shape, version, group).filter(isGood)))
  }
  expect(ids(await rejectsIn(stateOf(at)))).toEqual(ids(allRows(shape, version).filter(row => !isGood(row))))
  expect((await inspectState(stateOf(at))).load, last.message).toBeNull()
  if (!zombie) expect(await keysIn(at.store, '_millrace/proof/staging/')).toEqual([])
}

const lives = fc.record({
  layout: fc.constantFrom(...Object.values(layouts)),
  lives: fc.array(
    fc.record({
      cut: fc.integer({ min: 1, max: 3 }),
      signal: fc.record({
        at: fc.integer({ min: 1, max: 140 }),
        when: fc.constantFrom('before' as const, 'during' as const),
        signal: fc.constantFrom('SIGKILL' as const, 'SIGKILL' as const, 'SIGINT' as const),
      }),
    }),
    { minLength: 2, maxLength: 6 },
  ),
})

const places = [
  ['a folder', folderPlace, long ? 12 : 1],
  ['a bucket', bucketPlace, long ? 6 : 1],
] as const

describe.each(places)('processes over %s', (_, open, count) => {
  it.each(fc.sample(lives, { seed, numRuns: count }).map((each, index) => [`${seed}/${index}`, each] as const))(
    'killed and interrupted again and again end as if nothing had happened (seed %s)',
    async (_seed, { layout, lives }) => {
      const at = await open()
      try {
        for (const life of lives) await once(orderFor(at, { ...life, layout }))
        let last: Answer = {}
        for (let turn = 0; turn < 3 && !isDone(last); turn++) last = await once(orderFor(at, { layout }))

        expect(isDone(last), last.message).toBe(true)
        await expectWhole(at, layout, 1, last)
        expect((await once(orderFor(at, { layout }))).status).toBe('unchanged')
      } finally {
        await at.remove()
      }
    },
    120_000,
  )

  const pauses = fc.record({ at: fc.integer({ min: 4, max: 140 }), when: fc.constantFrom('before' as const, 'during' as const) })

  it.each(fc.sample(pauses, { seed, numRuns: long ? 5 : 1 }).map((each, index) => [`${seed}/${index}`, each] as const))(
    'one of them asleep until others have done its work and more: nothing old comes back (seed %s)',
    async (_seed, pause) => {
      const at = await open()
      try {
        const asleep = orderFor(at, { leaseMs: 300, signal: { ...pause, signal: 'SIGSTOP' } })
        await once(asleep, async (child, answer) => {
          // It may be done before it gets to that call.
          await Promise.race([child.signalled, answer])
          const successor = await once(orderFor(at, { waitMs: 20_000 }))
          expect(isDone(successor), successor.message).toBe(true)
          const newer = await once(orderFor(at, { version: 2, waitMs: 20_000 }))
          expect(isDone(newer), newer.message).toBe(true)
          child.wake()
          const woken = await answer
          expect(['succeeded', 'unchanged', 'ETL_STATE_CONFLICT']).toContain(woken.error ?? woken.status)
        })

        const last = await once(orderFor(at, { version: 2 }))
        expect(isDone(last), last.message).toBe(true)
        await expectWhole(at, layouts.objects, 2, last, true)
      } finally {
        await at.remove()
      }
    },
    120_000,
  )
})

describe('two processes at once over a folder', () => {
  const race = fc.record({
    /** A process that died left a load behind. */
    diesAt: fc.oneof(fc.constant(0), fc.integer({ min: 10, max: 120 })),
    full: fc.boolean(),
    /** The second one finds newer data. */
    newer: fc.boolean(),
    waits: fc.boolean(),
    cuts: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  })

  it(`leave what one after the other would have left, however often (seed ${seed})`, async () => {
    const pair = [script.start(), script.start()] as const
    try {
      for (const [round, told] of fc.sample(race, { seed, numRuns: long ? 40 : 3 }).entries()) {
        const at = await folderPlace()
        if (told.diesAt > 0) await once(orderFor(at, { signal: { at: told.diesAt, when: 'during', signal: 'SIGKILL' } }))
        const orders = told.cuts.map((cut, who) =>
          orderFor(at, {
            cut,
            waitMs: told.waits ? 20_000 : 0,
            full: told.full && who === 1,
            version: told.newer && who === 1 ? 2 : 1,
          }),
        )
        const answers = await Promise.all(pair.map((child, who) => child.order(orders[who] as Order)))

        const said = `round ${round}, ${JSON.stringify(told)}: ${JSON.stringify(answers)}`
        expect(answers.some(isDone), said).toBe(true)
        for (const answer of answers) expect(isDone(answer) || answer.error === 'ETL_STATE_CONFLICT', said).toBe(true)
        if (told.waits) expect(answers.every(isDone), said).toBe(true)
        const version = told.newer ? 2 : 1
        let last: Answer = {}
        for (let turn = 0; turn < 2; turn++) last = await pair[0].order(orderFor(at, { version }))
        await expectWhole(at, layouts.objects, version, last)
        await at.remove()
      }
    } finally {
      await Promise.all(pair.map(child => child.end()))
    }
  }, 600_000)
})
