import { fileURLToPath } from 'node:url'
import { dynamoState } from '@millrace/dynamodb'
import { definePipeline, from, type SourceBatch, splitId } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { busEvent, startLambda } from '@millrace/etl-testkit/lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DynamoServer, startDynamo } from '../../../packages/dynamodb/test/support/server.js'
import { type LambdaContext, lambdaHandler } from '../src/index.js'
import { contextOf } from './support/deployed.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterAll(() => server.close())

interface Row {
  readonly value: number
}

/** What is deployed: a pipeline into a sink that keeps no state, in as many execution environments as are asked for. */
function deployed(name: string, count: number) {
  let nowMs = Date.UTC(2026, 2, 1)
  const sink = memorySink<Row>({ disposition: 'append' })
  const world = {
    /** What the clock does while a record is made. */
    recordMs: 0,
    /** Waited for before this record is given. */
    before: undefined as undefined | { readonly value: number; readonly wait: () => Promise<unknown> },
  }
  const pipeline = definePipeline({
    name,
    triggers: { event: () => ({}) },
    build: () =>
      from<Row>({
        name: 'counting',
        capabilities: { resumable: true, rereads: 'same' },
        plan: async () => ({ splits: [{ id: splitId('all', [name]), params: null }] }),
        async *read(_split, after, { signal }): AsyncGenerator<SourceBatch<Row>> {
          for (let value = Number(after ?? 0) + 1; value <= count && !signal.aborted; value++) {
            nowMs += world.recordMs
            if (world.before?.value === value) await world.before.wait()
            yield { records: [{ value }], cursor: value }
          }
        },
      }).into(sink),
  })
  const environment = () => {
    const state = dynamoState({ ...server.options, table: server.table, pipeline: name })
    const clock = { now: () => nowMs }
    const run = { state, clock, statePlace: `dynamodb:${server.table}`, flushEvery: { batches: 1, intervalMs: 60_000 } }
    return lambdaHandler(pipeline, { run, write: () => undefined })
  }
  const context = (budgetMs: number): LambdaContext => {
    const untilMs = nowMs + budgetMs
    return { ...contextOf(), getRemainingTimeInMillis: () => untilMs - nowMs }
  }
  return {
    world,
    environment,
    context,
    later: (ms: number) => {
      nowMs += ms
    },
    loaded: () => sink.visible().map(({ value }) => value),
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

describe('a function whose state is in DynamoDB', () => {
  test('takes an event that comes twice once, also in another execution environment', async () => {
    const { environment, context, loaded } = deployed('twice', 3)

    const first = await environment()(busEvent(), context(60_000))
    const again = await environment()(busEvent(), context(60_000))

    expect(first).toMatchObject({ status: 'succeeded', state: `dynamodb:${server.table}` })
    expect(again).toMatchObject({ status: 'unchanged' })
    expect(loaded()).toEqual(upTo(3))
  })

  test('goes on in the next invocation where a load crosses its deadline, wherever that runs', async () => {
    const { world, environment, context, loaded } = deployed('long', 20)
    world.recordMs = 1_000
    const answers: { readonly status?: string; readonly attempt?: number }[] = []
    let event: unknown = {}
    while (answers.at(-1)?.status !== 'succeeded' && answers.length < 20) {
      const answer = (await environment()(event, context(6_000))) as { readonly again?: unknown }
      answers.push(answer as object)
      event = answer.again
    }

    expect(answers.length).toBeGreaterThan(2)
    expect(answers.at(-1)).toMatchObject({ status: 'succeeded', counts: { written: 20 } })
    expect(loaded()).toEqual(upTo(20))
  })

  test('refuses a second event while one is on its way, and takes it afterwards', async () => {
    const { world, environment, context, loaded } = deployed('at-once', 3)
    const [one, two] = [busEvent(), { ...busEvent(), id: 'another' }]
    let refused: unknown
    world.before = {
      value: 2,
      wait: async () => {
        world.before = undefined
        refused = await environment()(two, context(60_000)).catch(error => error)
      },
    }

    const first = await environment()(one, context(60_000))
    const second = await environment()(two, context(60_000))

    expect(refused).toMatchObject({ code: 'ETL_STATE_CONFLICT' })
    expect([first, second]).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }])
    expect(loaded()).toEqual([...upTo(3), ...upTo(3)])
  })

  test('is succeeded when its process is killed: the next invocation goes on with what was saved', async () => {
    const { world, environment, context, later, loaded } = deployed('killed', 6)
    let killed: () => void = () => undefined
    const dead = new Promise<void>(resolve => {
      killed = resolve
    })
    // Frozen for good in the middle of the load, as an execution environment is when it is taken away.
    const forGood = () => {
      killed()
      return new Promise(() => undefined)
    }
    world.before = { value: 4, wait: forGood }
    void environment()(busEvent(), context(30_000)).catch(() => undefined)
    await dead
    world.before = undefined
    later(31_000)

    const next = await environment()(busEvent(), context(60_000))

    expect(next).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(loaded()).toEqual(upTo(6))
  })

  test('leaves in the table what the next load needs, and nothing of the last', async () => {
    const { environment, context } = deployed('tidy', 2)
    await environment()(busEvent(), context(60_000))

    const keys = (await server.items('tidy')).map(({ sk }) => sk?.S)
    expect(keys.filter(key => key?.startsWith('loads/'))).toEqual([])
    expect(keys).toContain('head')
  })

  test('outlives the processes of a function: what is killed at its deadline goes on where it was', async () => {
    const lambda = await startLambda({
      handler: 'in-dynamodb.handler',
      taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)),
      env: {
        STATE_TABLE: server.table,
        AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      },
    })
    try {
      const killed = await lambda.invoke({ count: 6, stuckMs: 30_000 }, 4_000)
      const next = await lambda.invoke({ count: 6 }, 60_000)

      expect(killed.error?.errorType).toBe('Sandbox.Timedout')
      expect(next.answer).toMatchObject({ status: 'succeeded', attempt: 2, counts: { read: 6 } })
      expect(lambda.output()).not.toContain('NodeVersionSupportWarning')
    } finally {
      await lambda.close()
    }
  }, 90_000)
})
