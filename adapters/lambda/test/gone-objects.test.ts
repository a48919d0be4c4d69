import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { quietly } from '@millrace/aws'
import { type PolledQueue, pollQueue, s3Notification, startLambda, type TestLambda } from '@millrace/etl-testkit/lambda'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { createSqsServer } from 'local-aws-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { paramsOf, pipeline } from './fixtures/arriving.mjs'
import { type Permitted, permitted } from './support/permitted.js'

const region = 'eu-west-2'
let s3: S3Server
let sqs: Awaited<ReturnType<typeof createSqsServer>>
let client: SQSClient
let base = ''
let lambda: TestLambda
let role: Permitted

beforeAll(async () => {
  s3 = await s3Server({ buckets: ['copies'] })
  role = permitted(s3)
  s3.createBucket('arrivals')
  s3.createBucket('versioned', { versioning: true })
  sqs = await createSqsServer({
    ...{ port: 0, hostname: '127.0.0.1', region },
    queues: [{ QueueName: 'arrivals', Attributes: { VisibilityTimeout: '300' } }, { QueueName: 'dead' }],
  })
  base = `http://127.0.0.1:${(sqs.address() as AddressInfo).port}`
  client = quietly(() => new SQSClient({ endpoint: base, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }))
  lambda = await startLambda({
    handler: 'arriving.handler',
    taskRoot: fileURLToPath(new URL('fixtures', import.meta.url)),
    env: { ...s3.env(), AWS_ENDPOINT_URL_SQS: base, DEAD_LETTERS: urlOf('dead') },
  })
})
afterAll(async () => {
  await lambda.close()
  client.destroy()
  sqs.close()
  await s3.close()
})
afterEach(() => {
  s3.clearFaults()
  expect(role.denied()).toEqual([])
})

const urlOf = (name: string) => `${base}/123456789012/${name}`
const received = async (name: string, most = 10) => {
  const asked = { QueueUrl: urlOf(name), MaxNumberOfMessages: most, MessageAttributeNames: ['All'] }
  return (await client.send(new ReceiveMessageCommand(asked))).Messages ?? []
}
const arrivals: PolledQueue = {
  receive: most => received('arrivals', most),
  remove: ReceiptHandle => client.send(new DeleteMessageCommand({ QueueUrl: urlOf('arrivals'), ReceiptHandle })),
  giveBack: ReceiptHandle =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl: urlOf('arrivals'), ReceiptHandle, VisibilityTimeout: 0 })),
}
/** Sends an event of S3 to the queue, and lets the function have what is there. */
const byQueue = async (event: object) => {
  await client.send(new SendMessageCommand({ QueueUrl: urlOf('arrivals'), MessageBody: JSON.stringify(event) }))
  return pollQueue(arrivals, each => lambda.invoke(each))
}
/** Those that are there, which then are no more. */
const deadLetters = async () => {
  const messages = await received('dead')
  for (const { ReceiptHandle } of messages)
    await client.send(new DeleteMessageCommand({ QueueUrl: urlOf('dead'), ReceiptHandle: String(ReceiptHandle) }))
  return messages.map(({ MessageAttributes = {} }) => ({
    code: MessageAttributes.code?.StringValue,
    reason: MessageAttributes.reason?.StringValue,
  }))
}

/** An object, and the event that tells of it. Its run may do what the pipeline says that it needs. */
async function arrived(bucket: string, key: string, value: string) {
  const { etag } = s3.put(bucket, key, `value\n${value}\n`)
  const versionId = s3.versionIds(bucket, key).at(-1)
  await role.add(pipeline, paramsOf({ bucket, key, eTag: etag.replaceAll('"', ''), versionId }))
  const [record] = s3Notification({ key, eTag: etag.replaceAll('"', ''), versionId }).Records
  if (!record) throw new Error('No record.')
  return { Records: [{ ...record, s3: { ...record.s3, bucket: { ...record.s3.bucket, name: bucket } } }] }
}
const copyOf = (name: string) => {
  const bytes = s3.objects('copies').get(`${name}.csv`)
  return bytes && Buffer.from(bytes).toString()
}

describe('an object that is deleted before the function runs', () => {
  test('fails the invocation with its place and a code, as often as it is told of, and nothing is written', async () => {
    const event = await arrived('arrivals', 'by-key/deleted.csv', 'one')
    s3.delete('arrivals', 'by-key/deleted.csv')
    const before = [...s3.objects('copies').keys()]

    for (const _ of [1, 2]) {
      const { error } = await lambda.invoke(event)

      expect(error?.errorType).toBe('RunFailed')
      expect(error?.errorMessage).toContain('s3://arrivals/by-key/deleted.csv is not there')
      expect(error?.errorMessage).toContain('[ETL_SOURCE_NOT_FOUND]')
    }
    expect([...s3.objects('copies').keys()]).toEqual(before)
  })

  test('goes to the dead letters with that reason where its event came by a queue, and does not come again', async () => {
    const gone = await arrived('arrivals', 'by-key/gone.csv', 'one')
    s3.delete('arrivals', 'by-key/gone.csv')

    const batch = await byQueue(gone)
    const next = await byQueue(await arrived('arrivals', 'by-key/next.csv', 'two'))

    expect(batch?.removed).toEqual(batch?.received)
    expect(next?.received).toHaveLength(1)
    expect(await deadLetters()).toEqual([
      { code: 'ETL_SOURCE_NOT_FOUND', reason: expect.stringContaining('s3://arrivals/by-key/gone.csv is not there') },
    ])
    expect([copyOf('gone'), copyOf('next')]).toEqual([undefined, 'value\ntwo\n'])
    // Node 20 is still served; only later releases of the SDK want another.
    expect(lambda.output()).not.toContain('NodeVersionSupportWarning')
  })

  test('is not taken for one that may not be read for the moment: that message comes again', async () => {
    const event = await arrived('arrivals', 'by-key/kept.csv', 'one')
    s3.failWhen({ bucket: 'arrivals', times: 100 }, 'denied')

    const denied = await byQueue(event)
    s3.clearFaults()
    const next = await pollQueue(arrivals, each => lambda.invoke(each))

    expect(denied?.removed).toEqual([])
    expect(next?.removed).toEqual(denied?.received)
    expect(await deadLetters()).toEqual([])
    expect(copyOf('kept')).toBe('value\none\n')
  })
})

describe('events of two versions of an object, the older one last', () => {
  test('leave the newer one where the event gives the key alone', async () => {
    const older = await arrived('versioned', 'by-key/twice.csv', 'older')
    const newer = await arrived('versioned', 'by-key/twice.csv', 'newer')

    expect((await lambda.invoke(newer)).answer).toMatchObject({ status: 'succeeded' })
    expect((await lambda.invoke(older)).answer).toMatchObject({ status: 'unchanged' })

    expect(copyOf('twice')).toBe('value\nnewer\n')
  })

  test('leave the newer one where the event gives the etag, and the older event says that it is late', async () => {
    const older = await arrived('arrivals', 'by-etag/late.csv', 'older')
    const newer = await arrived('arrivals', 'by-etag/late.csv', 'newer')

    await byQueue(newer)
    const before = s3.requests.length
    const late = await byQueue(older)
    const asked = s3.requests.slice(before)

    expect(late?.removed).toEqual(late?.received)
    expect(await deadLetters()).toEqual([
      { code: 'ETL_SOURCE_REPLACED', reason: expect.stringContaining('The event of the newer one loads that') },
    ])
    expect(copyOf('late')).toBe('value\nnewer\n')
    expect(asked.filter(({ bucket }) => bucket === 'arrivals').map(({ operation }) => operation)).toEqual(['HeadObject'])
    expect(asked.length).toBeLessThan(20)
  })

  test('leave the older one where the event gives the version: it is read as it was asked for', async () => {
    const older = await arrived('versioned', 'by-version/asked.csv', 'older')
    const newer = await arrived('versioned', 'by-version/asked.csv', 'newer')

    await lambda.invoke(newer)
    await lambda.invoke(older)

    expect(copyOf('asked')).toBe('value\nolder\n')
  })
})
