import { setTimeout as sleep } from 'node:timers/promises'
import { isEtlError } from '@millrace/etl-core'
import { recordingLog, testContext, testSplitContext } from '@millrace/etl-testkit'
import { httpReader } from '@millrace/http'
import { describe, expect, it } from 'vitest'
import { plants } from '../src/index.js'
import { quick, readAll, reasonsIn, recordsIn, serve } from './helpers.js'

const idsIn = (batches: Awaited<ReturnType<typeof readAll>>) => recordsIn(batches).map(reading => reading.plant_id)

/** All counts of some batches together. */
const countsIn = (batches: Awaited<ReturnType<typeof readAll>>) =>
  batches.reduce(
    (sum, { counts = {} }) => ({
      faults: sum.faults + (counts.faults ?? 0),
      holes: sum.holes + (counts.holes ?? 0),
      loans: sum.loans + (counts.loans ?? 0),
    }),
    { faults: 0, holes: 0, loans: 0 },
  )

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as Error & { code: string },
  )

describe('looking for plants', () => {
  it('passes over holes and loans, and ends after five in a row that are not found', async () => {
    const server = await serve({ plants: 12, holes: [3, 4, 5, 6], loans: [9] })

    const batches = await readAll(plants(quick(server)))

    expect(idsIn(batches)).toEqual([1, 2, 7, 8, 10, 11, 12])
    expect(countsIn(batches)).toEqual({ faults: 0, holes: 4, loans: 1 })
    expect(Math.max(...server.requests.map(({ id = 0 }) => id))).toBe(17)
  })

  it('never asks for plant 0', async () => {
    const server = await serve({ generation: 1, plants: 3 })

    await readAll(plants(quick(server)))

    expect(server.requests.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('gives a hole of five for the end, and stopAfter says otherwise', async () => {
    const server = await serve({ plants: 12, holes: [3, 4, 5, 6, 7] })

    expect(idsIn(await readAll(plants(quick(server))))).toEqual([1, 2])
    expect(idsIn(await readAll(plants(quick(server, { stopAfter: 6 }))))).toEqual([1, 2, 8, 9, 10, 11, 12])
  })

  it('counts as holes only what lies below a plant', async () => {
    const server = await serve({ plants: 1 })

    expect(countsIn(await readAll(plants(quick(server))))).toEqual({ faults: 0, holes: 0, loans: 0 })
  })

  it('tells with each batch the highest id it has seen, a loan being one', async () => {
    const server = await serve({ plants: 8, holes: [4], loans: [8] })

    const batches = await readAll(plants(quick(server)))

    expect(batches.map(batch => batch.bookmark)).toEqual([{ highestId: 5 }, { highestId: 8 }, { highestId: 8 }])
    expect(batches.at(-1)?.cursor).toEqual({ id: 13, highest: 8, missing: 5, notFound: 5 })
  })

  it('is over soon where something answers everything with something else', async () => {
    const server = await serve()
    server.failNext({ status: 200, body: '{"welcome": true}' }, 1_000)

    const batches = await readAll(plants(quick(server)))

    expect(server.requests).toHaveLength(5)
    expect(new Set(Object.values(reasonsIn(batches)))).toEqual(new Set(['plant_id is not the plant that was asked for']))
  })
})

describe('known plants', () => {
  it('are read in ranges, batch by batch, those at the end that are gone being holes', async () => {
    const server = await serve({ plants: 9, holes: [2] })

    const batches = await readAll(plants(quick(server, { knownIds: 11, idsPerSplit: 6, idsPerBatch: 4 })))

    expect(batches.map(({ cursor }) => (cursor as { id: number }).id)).toEqual([4, 6, 10, 11, 15, 16])
    expect(idsIn(batches)).toEqual([1, 3, 4, 5, 6, 7, 8, 9])
    expect(countsIn(batches)).toMatchObject({ holes: 3 })
  })

  it('say where they stood', async () => {
    const server = await serve({ plants: 5, holes: [2] })

    const [batch] = await readAll(plants(quick(server, { knownIds: 5 })))

    expect([0, 1].map(row => batch?.positionOf?.(row))).toEqual([{ plant_id: 1 }, { plant_id: 3 }])
    expect(batch?.bytes).toBeGreaterThan(1_000)
  })

  it('are those up to the highest id that earlier loads have seen', async () => {
    const server = await serve({ plants: 8 })
    const { splits, bookmarks } = await plants(quick(server, { idsPerSplit: 5 })).plan(
      testContext({ bookmarks: new Map([['plants', { highestId: 8 }]]) }),
    )

    expect(splits.map(({ params }) => params)).toEqual([
      { from: 1, to: 5 },
      { from: 6, to: 8 },
      { from: 9, highest: 8 },
    ])
    expect(bookmarks).toEqual({ plants: { highestId: 8 } })
    expect(server.requests).toHaveLength(0)
  })
})

describe('a sensor fault', () => {
  it.each([1, 3] as const)('passes, is asked again, and is counted, in generation %i', async generation => {
    const server = await serve({ generation, plants: 3 })
    server.failPlant(2, 'sensorFault', 2)
    const retried: string[] = []
    const source = plants(quick(server))
    const [split] = (await source.plan(testContext())).splits
    if (!split) throw new Error('no split')

    const ids: number[] = []
    let faults = 0
    const ctx = testSplitContext({ split, progress: { retried: what => void retried.push(what) } })
    for await (const batch of source.read(split, undefined, ctx)) {
      ids.push(...recordsIn([batch]).map(reading => reading.plant_id))
      faults += batch.counts?.faults ?? 0
    }

    expect(ids).toEqual([1, 2, 3])
    expect([faults, retried]).toEqual([2, ['plant 2', 'plant 2']])
  })

  it('that stays costs that plant alone', async () => {
    const server = await serve({ plants: 3 })
    server.failPlant(2, 'sensorFault')

    const batches = await readAll(plants(quick(server)))

    expect(idsIn(batches)).toEqual([1, 3])
    expect(reasonsIn(batches)).toEqual({ 2: 'plant sensor fault, at every attempt' })
    expect(countsIn(batches)).toEqual({ faults: 4, holes: 0, loans: 0 })
  })

  it('of all plants is no outage: each is a reject', async () => {
    const server = await serve({ plants: 3, faultRate: 1 })

    const batches = await readAll(plants(quick(server, { knownIds: 3 })))

    expect(Object.keys(reasonsIn(batches))).toHaveLength(8)
  })

  it('where there may be no plant is a reject and moves no bookmark', async () => {
    const server = await serve({ plants: 3 })
    server.failPlant(5, 'sensorFault')

    const batches = await readAll(plants(quick(server)))

    expect(Object.keys(reasonsIn(batches))).toEqual(['5'])
    expect(batches.at(-1)?.bookmark).toEqual({ highestId: 3 })
    expect(countsIn(batches).holes).toBe(0)
  })
})

describe('a plant that fails', () => {
  it.each([
    ['a server error', 'badGateway', /answered 502 Bad Gateway/],
    ['a connection that is reset', 'reset', /was cut off/],
    ['half an answer', 'truncated', /was cut off/],
    ['half of its JSON', 'wrongJson', /^not read: the answer was cut off or is no JSON$/],
    ['no answer in time', { delayMs: 30_000 }, /timed out/],
    ['an error nobody knows', { status: 200, body: '{"error": "the gardener is out"}' }, /gardener is out/],
    ['a refusal', { status: 403, body: 'no' }, /answered 403/],
  ] as const)('for good with %s costs no other its reading', async (_, fault, reason) => {
    const server = await serve({ plants: 4 })
    server.failPlant(3, fault)

    const batches = await readAll(plants(quick(server, { timeoutMs: 500 })))

    expect(idsIn(batches)).toEqual([1, 2, 4])
    expect(reasonsIn(batches)).toEqual({ 3: expect.stringMatching(reason) })
  })

  it.each(['badGateway', 'reset', 'truncated', 'wrongJson', { delayMs: 30_000 }, { status: 429 }] as const)(
    'with %j once is asked again',
    async fault => {
      const server = await serve({ plants: 2 })
      server.failPlant(1, fault, 1)

      expect(idsIn(await readAll(plants(quick(server, { timeoutMs: 500 }))))).toEqual([1, 2])
    },
  )

  it.each(['badGateway', 'reset', 'wrongJson'] as const)('with %s has the same reason as others that do', async fault => {
    const server = await serve({ plants: 4 })
    for (const id of [2, 3]) server.failPlant(id, fault)

    const reasons = reasonsIn(await readAll(plants(quick(server))))

    expect(reasons[2]).toMatch(/^not read: /)
    expect(reasons[3]).toBe(reasons[2])
  })

  it('after a sensor fault is told by what came last', async () => {
    const server = await serve({ plants: 2 })
    server.failNext('sensorFault', 2)
    for (const id of [1, 2]) server.failPlant(id, 'reset')

    const error = await errorOf(readAll(plants(quick(server, { knownIds: 2 }))))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', message: expect.stringMatching(/was cut off/) })
  })

  it('alone in its batch is a reject, if the API has answered others', async () => {
    const server = await serve({ plants: 2 })
    server.failPlant(2, 'badGateway')

    const batches = await readAll(plants(quick(server, { knownIds: 2, idsPerBatch: 1 })))

    expect([idsIn(batches), Object.keys(reasonsIn(batches))]).toEqual([[1], ['2']])
  })
})

describe('an API that is down', () => {
  it('fails the split with what came back, instead of fifty rejects', async () => {
    const server = await serve()
    server.down = true

    const error = await errorOf(readAll(plants(quick(server, { knownIds: 50 }))))

    expect(isEtlError(error, 'ETL_SOURCE_UNAVAILABLE')).toBe(true)
    expect(error).toMatchObject({ retry: 'exhausted', message: expect.stringMatching(/plants\/\d+ was cut off/) })
  })

  it('from the second batch on fails the split there', async () => {
    const server = await serve()
    const source = plants(quick(server, { knownIds: 50, idsPerBatch: 10 }))
    const [split] = (await source.plan(testContext())).splits
    if (!split) throw new Error('no split')
    const reading = source.read(split, undefined, testSplitContext({ split }))[Symbol.asyncIterator]()

    const first = await reading.next()
    server.down = true

    expect(first.value?.records.length).toBe(9)
    expect(await errorOf(reading.next())).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE' })
  })
})

describe('the budget of a run', () => {
  it('ends with a reject for each known plant that is not answered, and no error', async () => {
    const server = await serve({ plants: 6 })
    for (const id of [2, 4]) server.failPlant(id, { delayMs: 30_000 })

    const startedAtMs = performance.now()
    const batches = await readAll(plants(quick(server, { knownIds: 6, timeoutMs: 30_000, budgetMs: 1_000 })))

    expect(performance.now() - startedAtMs).toBeLessThan(10_000)
    expect(idsIn(batches)).toEqual([1, 3, 5, 6])
    expect(reasonsIn(batches)).toMatchObject({
      2: 'no answer within the 1000 ms that a run may ask for plants',
      4: 'no answer within the 1000 ms that a run may ask for plants',
    })
  })

  it('ends retries, too', async () => {
    const server = await serve({ plants: 3 })
    server.failPlant(2, 'sensorFault')
    const retry = { attempts: 1_000, firstMs: 20, maxMs: 20 }

    const batches = await readAll(plants(quick(server, { knownIds: 3, budgetMs: 1_000, retry })))

    expect(idsIn(batches)).toEqual([1, 3])
    expect(reasonsIn(batches)[2]).toMatch(/^plant sensor fault, and no answer within/)
    expect(countsIn(batches).faults).toBeGreaterThan(2)
  })

  it('without a single answer is an error that names it', async () => {
    const server = await serve({ latencyMs: 30_000 })

    const error = await errorOf(readAll(plants(quick(server, { timeoutMs: 30_000, budgetMs: 200 }))))

    expect(error).toMatchObject({ code: 'ETL_SOURCE_UNAVAILABLE', message: expect.stringMatching(/no answer within the 200 ms/) })
  })

  it('that is over asks nothing any more, and one reject says where looking for new plants ended', async () => {
    const server = await serve({ plants: 3 })
    const log = recordingLog()
    const source = plants(quick(server, { knownIds: 3, budgetMs: 1_000 }))
    const [known, walk] = (await source.plan(testContext())).splits
    if (!known || !walk) throw new Error('two splits are expected')
    for await (const _ of source.read(known, undefined, testSplitContext({ split: known }))) await sleep(1_100)
    const before = server.requests.length

    const batches = []
    for await (const batch of source.read(walk, undefined, testSplitContext({ split: walk, log }))) batches.push(batch)

    expect(server.requests).toHaveLength(before)
    expect(reasonsIn(batches)).toEqual({ 4: 'no answer within the 1000 ms that a run may ask for plants' })
    expect(log.entries.map(({ message }) => message)).toEqual([
      expect.stringMatching(/before new plants were looked for to the end/),
    ])
  })

  it('begins anew with another attempt at the load', async () => {
    const server = await serve({ plants: 2 })
    const source = plants(quick(server, { knownIds: 2, budgetMs: 1_000 }))
    const load = { loadId: 'minute', startedAtMs: 0, attempt: 1, epoch: 1 }
    await readAll(source, { load })
    await sleep(1_100)

    const late = await readAll(source, { load })
    const next = await readAll(source, { load: { ...load, attempt: 2, epoch: 2 } })

    expect([idsIn(late), idsIn(next)]).toEqual([[], [1, 2]])
  })
})

describe('asking', () => {
  it('is for no more plants at once than allowed, over all splits', async () => {
    const server = await serve({ latencyMs: [5, 25] })
    const source = plants(quick(server, { knownIds: 50, idsPerSplit: 10, concurrency: 7 }))
    const ctx = testContext()
    const { splits } = await source.plan(ctx)

    const all = splits.map(async split => {
      for await (const _ of source.read(split, undefined, testSplitContext({ ...ctx, split })));
    })
    await Promise.all(all)

    expect(server.mostOpen).toBe(7)
  })

  it('keeps the place of a plant that waits for another attempt, so that an API in trouble is asked less', async () => {
    const server = await serve({ faultRate: 1 })
    const retry = { attempts: 2, firstMs: 60_000, maxMs: 60_000 }

    await readAll(plants(quick(server, { knownIds: 8, concurrency: 3, retry, budgetMs: 1_000 })))

    expect(server.requests.map(({ id }) => id)).toEqual([1, 2, 3])
  })

  it('stops at once with the signal, and nothing is asked after it', async () => {
    const server = await serve({ latencyMs: 5_000 })
    const source = plants(quick(server, { knownIds: 50, concurrency: 5, timeoutMs: 30_000 }))
    const [split] = (await source.plan(testContext())).splits
    if (!split) throw new Error('no split')
    const stop = new AbortController()
    const reading = source.read(split, undefined, testSplitContext({ split, signal: stop.signal }))[Symbol.asyncIterator]()
    const reason = new Error('the run must stop')

    const first = errorOf(reading.next() as Promise<unknown>)
    while (server.open < 5) await sleep(5)
    stop.abort(reason)
    const startedAtMs = performance.now()

    expect(await first).toBe(reason)
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
    await sleep(200)
    expect([server.requests.length, server.open]).toEqual([5, 0])
  })

  it('goes through a reader that is passed in, with its limits', async () => {
    const server = await serve({ plants: 2 })
    const seen: string[] = []
    const client = httpReader({ retry: { attempts: 1 }, onRequest: ({ url }) => void seen.push(url) })
    server.failPlant(2, 'sensorFault', 1)

    const batches = await readAll(plants({ apiUrl: `${server.url}/`, client }))

    expect(idsIn(batches)).toEqual([1])
    expect(seen).toContain(`${server.url}/2`)
    await client.close()
  })
})
