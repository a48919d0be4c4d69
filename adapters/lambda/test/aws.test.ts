import { once as emitted } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createSqsServer } from 'local-aws-sqs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deadLetterQueue, invokeSelf, sendToQueue } from '../src/index.js'

const before = { ...process.env }
beforeAll(() => {
  Object.assign(process.env, { AWS_REGION: 'eu-west-2', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
})
afterAll(() => {
  process.env = before
})

describe('queues', () => {
  const queues = ['loads', 'loads.fifo', 'dead', 'dead.fifo']
  let server: Awaited<ReturnType<typeof createSqsServer>>
  let base = ''

  beforeAll(async () => {
    server = await createSqsServer({
      port: 0,
      hostname: '127.0.0.1',
      region: 'eu-west-2',
      queues: queues.map(name => ({ QueueName: name, ...(name.endsWith('.fifo') ? { Attributes: { FifoQueue: 'true' } } : {}) })),
    })
    const { port } = server.address() as AddressInfo
    base = `http://127.0.0.1:${port}`
    process.env.AWS_ENDPOINT_URL_SQS = base
  })
  afterAll(() => {
    server.close()
  })

  const urlOf = (name: string) => `${base}/123456789012/${name}`
  const received = async (name: string) => {
    const command = new ReceiveMessageCommand({ QueueUrl: urlOf(name), MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] })
    const { Messages = [] } = await new SQSClient({}).send(command)
    return Messages.map(({ Body, MessageAttributes = {} }) => ({
      body: Body,
      attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([key, { StringValue }]) => [key, StringValue])),
    }))
  }

  test.each(['loads', 'loads.fifo'])('a load is handed on by a message in %s', async name => {
    const event = { since: 2010, millrace: { passedOn: { times: 1, progress: null, inVain: 0 } } }

    await sendToQueue(urlOf(name)).send(event, { functionArn: undefined })

    expect(await received(name)).toEqual([{ body: JSON.stringify(event), attributes: {} }])
  })

  test.each(['dead', 'dead.fifo'])('a message that can never be run is kept in %s, with its reason', async name => {
    const why = { code: 'ETL_PARAMS_INVALID', message: `rows: \u0000${'x'.repeat(2_000)}`, retry: 'never' as const }

    await deadLetterQueue(urlOf(name)).send({ id: 'm1', body: '{"rows":"many"}', attributes: {} }, why)

    expect(await received(name)).toEqual([
      {
        body: '{"rows":"many"}',
        attributes: { code: 'ETL_PARAMS_INVALID', messageId: 'm1', reason: `rows: �${'x'.repeat(993)}` },
      },
    ])
  })
})

describe('an invocation of itself', () => {
  const arn = 'arn:aws:lambda:eu-west-2:123456789012:function:files:live'
  const requests: { url: string | undefined; type: unknown; body: string }[] = []
  let answer = 202
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    requests.push({ url: request.url, type: request.headers['x-amz-invocation-type'], body: Buffer.concat(chunks).toString() })
    const refusal = { Message: 'not authorized to perform: lambda:InvokeFunction' }
    response.writeHead(
      answer,
      answer === 202 ? {} : { 'x-amzn-errortype': 'AccessDeniedException', 'content-type': 'application/json' },
    )
    response.end(answer === 202 ? '' : JSON.stringify(refusal))
  })

  beforeAll(async () => {
    await emitted(server.listen(0, '127.0.0.1'), 'listening')
    process.env.AWS_ENDPOINT_URL_LAMBDA = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test('is asynchronous, with the event, by the alias that was invoked', async () => {
    await invokeSelf().send({ since: 2010 }, { functionArn: arn })

    expect(requests).toEqual([
      { url: `/2015-03-31/functions/${encodeURIComponent(arn)}/invocations`, type: 'Event', body: '{"since":2010}' },
    ])
  })

  test('that is denied is an error', async () => {
    answer = 403

    await expect(invokeSelf().send({}, { functionArn: arn })).rejects.toThrow('not authorized')
  })

  test('needs a function, and an event that is not too long', async () => {
    await expect(invokeSelf().send({}, { functionArn: undefined })).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
    await expect(invokeSelf().send({ x: 'x'.repeat(300_000) }, { functionArn: arn })).rejects.toThrow('300008 bytes')
  })
})
