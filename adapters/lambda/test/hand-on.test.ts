import { definePipeline, from, type Json, memoryState } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { busEvent, sqsEvent, sqsRecord } from '@millrace/etl-testkit/lambda'
import { describe, expect, test } from 'vitest'
import { type HandOn, lambdaHandler } from '../src/index.js'
import { contextOf } from './support/deployed.js'
import { slow } from './support/slow.js'

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

/** Invokes a handler with what it hands on, as the platform would, until nothing is handed on any more. */
async function invokedOnAndOn(
  world: ReturnType<typeof slow>,
  first: unknown,
  budgetMs: number,
): Promise<{ readonly answers: unknown[]; readonly events: Json[] }> {
  const events: Json[] = []
  const handOn: HandOn = { name: 'test', send: async event => void events.push(event) }
  const run = { state: memoryState(), clock: world.clock, flushEvery: { batches: 1, intervalMs: 60_000 } }
  const handler = lambdaHandler(world.pipeline, { handOn, run, write: () => undefined })
  const answers = [await handler(first, world.context(budgetMs))]
  for (let at = 0; at < events.length; at++) answers.push(await handler(events[at], world.context(budgetMs)))
  return { answers, events }
}

describe('a load that is longer than an invocation', () => {
  test('a hundred times as long ends with every record once', async () => {
    const world = slow({ records: 500, recordMs: 1_000 })

    const { answers, events } = await invokedOnAndOn(world, busEvent(), 6_000)

    expect(world.loaded()).toEqual(upTo(500))
    expect(events.length).toBeGreaterThanOrEqual(100)
    expect(answers.at(-1)).toMatchObject({ status: 'succeeded', loadId: `event ${busEvent().id}`, counts: { written: 500 } })
  })

  test('keeps its identity: the same event again changes nothing', async () => {
    const world = slow({ records: 8, recordMs: 1_000 })

    const { events } = await invokedOnAndOn(world, { millrace: { loadId: 'order 7' } }, 5_000)

    expect(events[0]).toMatchObject({ millrace: { loadId: 'order 7', passedOn: { times: 1, inVain: 0 } } })
    expect(world.loaded()).toEqual(upTo(8))
  })

  test('that came from a queue is handed on, and its message is done with', async () => {
    const world = slow({ records: 8, recordMs: 1_000 })

    const { answers } = await invokedOnAndOn(world, sqsEvent(sqsRecord('m1', {})), 5_000)

    expect(answers[0]).toEqual({ batchItemFailures: [] })
    expect(world.loaded()).toEqual(upTo(8))
  })

  test('ends as failed when it comes no further, and says which part needs more time', async () => {
    const world = slow({ records: 8, recordMs: 0, stuckAt: 5 })
    const events: Json[] = []
    const handler = lambdaHandler(world.pipeline, {
      handOn: { name: 'test', send: async event => void events.push(event) },
      run: { state: memoryState(), flushEvery: { batches: 1, intervalMs: 60_000 } },
      write: () => undefined,
    })
    let failure: unknown
    for (let event: unknown = {}; failure === undefined; event = events.pop()) {
      await handler(event, contextOf(1_100)).catch(error => {
        failure = error
      })
    }

    expect(failure).toMatchObject({
      code: 'ETL_NO_PROGRESS',
      message: expect.stringMatching(/came no further in 3 invocations.*split "all" of group "all" needs more time/s),
    })
    expect(world.loaded()).toEqual(upTo(4))
  })

  test('fails its invocation when it cannot be handed on, and goes on when it is tried again', async () => {
    const world = slow({ records: 8, recordMs: 1_000 })
    const denied = new Error('not authorized to perform: lambda:InvokeFunction')
    let may = false
    const run = { state: memoryState(), clock: world.clock, flushEvery: { batches: 1, intervalMs: 60_000 } }
    const handOn: HandOn = { name: 'test', send: () => (may ? Promise.resolve() : Promise.reject(denied)) }
    const handler = lambdaHandler(world.pipeline, { handOn, run, write: () => undefined })

    await expect(handler(busEvent(), world.context(5_000))).rejects.toThrow('not authorized')
    may = true
    await handler(busEvent(), world.context(60_000))

    expect(world.loaded()).toEqual(upTo(8))
  })
})

describe('a load that is not handed on', () => {
  const setUp = (budgetMs: number) => {
    const world = slow({ records: 8, recordMs: 1_000 })
    const run = { state: memoryState(), clock: world.clock, flushEvery: { batches: 1, intervalMs: 60_000 } }
    const handler = lambdaHandler(world.pipeline, { run, write: () => undefined })
    return { world, invoke: (event: unknown) => handler(event, world.context(budgetMs)) }
  }

  test('is answered with the event that it goes on with, as a loop of a state machine passes it', async () => {
    const { world, invoke } = setUp(5_000)
    let answer: unknown = { again: {} }
    for (let times = 0; 'again' in (answer as object) && times < 20; times++)
      answer = await invoke((answer as { again: unknown }).again)

    expect(answer).toMatchObject({ status: 'succeeded' })
    expect(world.loaded()).toEqual(upTo(8))
  })

  test('fails an event that nobody waits for, so that it comes again', async () => {
    const { world, invoke } = setUp(6_000)

    await expect(invoke(busEvent())).rejects.toMatchObject({
      code: 'ETL_RUN_STOPPED',
      message: expect.stringContaining('handOn'),
    })
    for (let times = 0; times < 5; times++) await invoke(busEvent()).catch(() => undefined)

    expect(world.loaded()).toEqual(upTo(8))
  })

  test('leaves its message in the queue', async () => {
    const { world, invoke } = setUp(6_000)
    const event = sqsEvent(sqsRecord('m1', {}))

    expect(await invoke(event)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] })
    for (let times = 0; times < 5; times++) await invoke(event)

    expect(await invoke(event)).toEqual({ batchItemFailures: [] })
    expect(world.loaded()).toEqual(upTo(8))
  })
})

describe('ends that keep nothing at a deadline', () => {
  const pipeline = definePipeline({
    name: 'whole',
    build: () =>
      from<{ value: number }>({
        name: 'whole',
        capabilities: { resumable: false, rereads: 'same' },
        plan: async () => ({ splits: [{ id: 'all', params: null }] }),
        async *read() {
          yield { records: [{ value: 1 }], cursor: 1 }
        },
      }).into(memorySink<{ value: number }>({ durableAt: 'commit' })),
  })

  test('are refused, and say why', async () => {
    await expect(lambdaHandler(pipeline, { write: () => undefined })({}, contextOf())).rejects.toMatchObject({
      code: 'ETL_GUARANTEE',
      message: expect.stringMatching(/a split must fit in one attempt.*oneAttempt/s),
    })
  })

  test('run where each split is said to fit, and where there is no deadline', async () => {
    const quiet = { write: () => undefined, run: { state: memoryState() } }

    expect(await lambdaHandler(pipeline, { ...quiet, oneAttempt: true })({}, contextOf())).toMatchObject({ status: 'succeeded' })
    expect(await lambdaHandler(pipeline, quiet)({})).toMatchObject({ status: 'succeeded' })
  })
})
