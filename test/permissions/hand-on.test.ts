import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type IamRequest, iamJudge } from '@millrace/etl-testkit/iam'
import { deadLetterQueue, invokeSelf, sendToQueue } from '@millrace/lambda'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { policyOf, statementsOf } from '../../adapters/cli/src/iam/policy.js'
import { askedOf, roleAccess } from '../../adapters/cli/src/iam/role-access.js'

const functionArn = 'arn:aws:lambda:eu-west-2:123456789012:function:orders:live'
const queue = (name: string) => `https://sqs.eu-west-2.amazonaws.com/123456789012/${name}`
const asked: IamRequest[] = []
let url = ''
/** The same queue on this server: the client goes where the queue's address says. */
const here = (name: string) => `${url}/123456789012/${name}`

// SQS is told by a header what to do, Lambda by the address.
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const target = request.headers['x-amz-target']
  if (target === undefined) {
    const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? []
    asked.push({ action: 'lambda:InvokeFunction', resource: decodeURIComponent(name), context: {} })
    response.writeHead(202).end()
    return
  }
  const { QueueUrl, MessageBody } = JSON.parse(body) as Record<'QueueUrl' | 'MessageBody', string>
  const action = String(target).replace('AmazonSQS.', 'sqs:')
  asked.push({ action, resource: `arn:aws:sqs:eu-west-2:123456789012:${QueueUrl.split('/').at(-1)}`, context: {} })
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify({ MessageId: '1', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') }))
})

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const name of ['AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL_LAMBDA']) vi.stubEnv(name, url)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test')
  vi.stubEnv('AWS_REGION', 'eu-west-2')
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
})

test.each([
  ['self', () => invokeSelf()],
  [queue('again'), () => sendToQueue(here('again'))],
])('what a function needs to hand on to %s, and to keep dead letters, is in its policy', async (to, handOn) => {
  const flags = { 'iam-function': 'orders', 'iam-hand-on': to, 'iam-dead-letters': queue('dead') }
  const texts = new Map(Object.entries(flags).map(([name, value]) => [name, [value]]))
  const needed = roleAccess(askedOf({ texts, switches: new Map(), operands: [], problems: [] }))
  const judge = iamJudge(policyOf(statementsOf(needed)))
  asked.length = 0

  await handOn().send({ since: 2010 }, { functionArn, clock: { now: () => 0 } } as never)
  const message = { id: '1', body: '{}', attributes: {} }
  await deadLetterQueue(here('dead')).send(message, { code: 'ETL_PARAMS_INVALID', message: 'no', retry: 'never' })

  expect(asked).toHaveLength(2)
  expect(asked.filter(request => !judge.allows(request))).toEqual([])
})
