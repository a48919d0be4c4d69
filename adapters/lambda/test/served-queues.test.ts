import type { AddressInfo } from 'node:net'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { memoryState } from '@millrace/etl-core'
import { type Invoked, type PolledQueue, pollQueue } from '@millrace/etl-testkit/lambda'
import { createSqsServer } from 'local-aws-sqs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deadLetterQueue, lambdaHandler, sendToQueue } from '../src/index.js'
import { contextOf, deployed } from './support/deployed.js'
import { slow } from './support/slow.js'

const before = { ...process.env }
let server: Awaited<ReturnType<typeof createSqsServer>>
let client: SQSClient
let base = ''
let tests = 0
/** Of each test its own: what waits in one is no other's. */
let queue: string

beforeAll(async () => {
  Object.assign(process.env, { AWS_REGION: 'eu-west-2', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
  const names = Array.from({ length: 20 }, (_, at) => `q${at + 1}`)
  const arn = (name: string) => `arn:aws:sqs:eu-west-2:123456789012:${name}`
  server = await createSqsServer({
    ...{ port: 0, hostname: '127.0.0.1', region: 'eu-west-2' },
    queues: names.flatMap(name => [
      { QueueName: `${name}-dead` },
      {
        QueueName: name,
        Attributes: {
          VisibilityTimeout: '300',
          RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(`${name}-dead`), maxReceiveCount: 3 }),
        },
      },
      { QueueName: `${name}.fifo`, Attributes: { FifoQueue: 'true', VisibilityTimeout: '300' } },
    ]),
  })
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.AWS_ENDPOINT_URL_SQS = base
  client = new SQSClient({})
})
afterAll(() => {
  client.destroy()
  server.close()
  process.env = before
})
beforeEach(() => {
  queue = `q${++tests}`
})

const urlOf = (name: string) => `${base}/123456789012/${name}`
const receive = async (name: string, most: number) => {
  const asked = {
    ...{ QueueUrl: urlOf(name), MaxNumberOfMessages: most },
    ...{ MessageSystemAttributeNames: ['All' as const], AttributeNames: ['All' as const] },
    MessageAttributeNames: ['All'],
  }
  return (await client.send(new ReceiveMessageCommand(asked))).Messages ?? []
}
const polled = (name: string): PolledQueue => ({
  receive: most => receive(name, most),
  remove: ReceiptHandle => client.send(new DeleteMessageCommand({ QueueUrl: urlOf(name), ReceiptHandle })),
  giveBack: ReceiptHandle =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl: urlOf(name), ReceiptHandle, VisibilityTimeout: 0 })),
})
const send = async (name: string, body: unknown, more: object = {}) => {
  const MessageBody = typeof body === 'string' ? body : JSON.stringify(body)
  return (await client.send(new SendMessageCommand({ QueueUrl: urlOf(name), MessageBody, ...more }))).MessageId
}

/** A handler as the platform sees it. */
const invoking =
  (handler: (event: unknown, context: ReturnType<typeof contextOf>) => Promise<unknown>, context = () => contextOf()) =>
  (event: unknown): Promise<Invoked> =>
    handler(event, context()).then(
      // As it goes over the wire.
      answer => ({ answer: JSON.parse(JSON.stringify(answer ?? null)) }),
      error => ({ error: { errorType: error.name, errorMessage: error.message } }),
    )

/** Polls until nothing comes any more. */
async function drained(name: string, invoke: (event: unknown) => Promise<Invoked>): Promise<number> {
  for (let batches = 0; ; batches++) if (!(await pollQueue(polled(name), invoke))) return batches
}

describe('a batch of a queue', () => {
  const answers: readonly (readonly [string, unknown, 'none' | 'all' | 'one'])[] = [
    ['that names no failures', { batchItemFailures: [] }, 'none'],
    ['that is null', null, 'none'],
    ['that is empty', {}, 'none'],
    ['whose failures are null', { batchItemFailures: null }, 'none'],
    ['that names one message', (id: string) => ({ batchItemFailures: [{ itemIdentifier: id }] }), 'one'],
    ['that names an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }, 'all'],
    ['that names null', { batchItemFailures: [{ itemIdentifier: null }] }, 'all'],
    ['that names nothing', { batchItemFailures: [{ id: 'x' }] }, 'all'],
    ['that names a message of another batch', { batchItemFailures: [{ itemIdentifier: 'another' }] }, 'all'],
    ['that is text', 'done', 'all'],
  ]
  test.each(answers)('with an answer %s: %j comes again: %s', async (_, answer, again) => {
    const messages = ['a', 'b'].map(id => ({ MessageId: id, ReceiptHandle: `handle ${id}`, Body: '{}' }))
    const removed: string[] = []
    const fake: PolledQueue = { receive: async () => messages, remove: async handle => void removed.push(handle) }

    await pollQueue(fake, async () => ({ answer: typeof answer === 'function' ? answer('a') : answer }))

    const expected = { none: ['handle a', 'handle b'], one: ['handle b'], all: [] }
    expect(removed).toEqual(expected[again])
  })
})

describe('a queue that invokes the function', () => {
  test('is emptied, a poisoned message does not keep the others waiting, and the queue takes it away itself', async () => {
    const { handler, loaded } = deployed()
    await send(queue, 'no json')
    for (const file of ['a', 'b', 'c']) await send(queue, { file, rows: 1 })

    await drained(queue, invoking(handler))

    expect(loaded().sort()).toEqual(['a 1', 'b 1', 'c 1'])
    expect((await receive(`${queue}-dead`, 10)).map(({ Body }) => Body)).toEqual(['no json'])
  })

  test('is rid of a message that can never be run at once, and its reason lies with it among the dead letters', async () => {
    const { handler, loaded } = deployed({}, { deadLetters: deadLetterQueue(urlOf(`${queue}-dead`)) })
    const wrong = await send(queue, { file: 'a', rows: 'many' })
    await send(queue, { file: 'b', rows: 1 })

    const batches = await drained(queue, invoking(handler))

    const [dead, ...others] = await receive(`${queue}-dead`, 10)
    expect(batches).toBeLessThanOrEqual(2)
    expect(others).toEqual([])
    expect(dead).toMatchObject({
      Body: '{"file":"a","rows":"many"}',
      MessageAttributes: {
        code: { StringValue: 'ETL_PARAMS_INVALID' },
        reason: { StringValue: expect.stringContaining('rows') },
        messageId: { StringValue: wrong },
      },
    })
    expect(loaded()).toEqual(['b 1'])
  })

  test('delivers a message twice, and it is loaded once', async () => {
    const { handler, loaded } = deployed()
    await send(queue, { file: 'a', rows: 2 })
    // The function is done, and its answer is lost.
    await pollQueue(polled(queue), async event => {
      await handler(event, contextOf())
      return { error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' } }
    })

    await drained(queue, invoking(handler))

    expect(loaded()).toEqual(['a 1', 'a 2'])
    expect(await receive(`${queue}-dead`, 10)).toEqual([])
  })

  test('of FIFO kind keeps the order of a group though one of its messages has to come again', async () => {
    let away = true
    const { handler, loaded } = deployed({
      message({ body }) {
        if (body === '2' && away) {
          away = false
          throw new Error('away')
        }
        return { file: body, rows: 1 }
      },
    })
    const fifo = `${queue}.fifo`
    for (const body of ['1', '2', '3']) await send(fifo, body, { MessageGroupId: 'g', MessageDeduplicationId: body })

    await drained(fifo, invoking(handler))

    expect(loaded()).toEqual(['1 1', '2 1', '3 1'])
  })

  test('takes a load over its deadlines by messages of its own, and ends empty', async () => {
    const world = slow({ records: 30, recordMs: 1_000 })
    const run = { state: memoryState(), clock: world.clock, flushEvery: { batches: 1, intervalMs: 60_000 } }
    const handler = lambdaHandler(world.pipeline, { handOn: sendToQueue(urlOf(queue)), run, write: () => undefined })
    await send(queue, {})

    const batches = await drained(
      queue,
      invoking(handler, () => world.context(10_000)),
    )

    expect(world.loaded()).toEqual(Array.from({ length: 30 }, (_, at) => at + 1))
    expect(batches).toBeGreaterThanOrEqual(4)
    expect(await receive(`${queue}-dead`, 10)).toEqual([])
  })
})
