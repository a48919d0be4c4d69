import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  type AttributeValue,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { quietly } from '@millrace/aws'
import type { DynamoClientOptions } from '../../src/index.js'

/** One request as it comes in. */
export interface Call {
  /** `PutItem` */
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What is done to a request: the answer is lost after it was done, the connection is cut before, or an error is the answer. */
export type Fault = 'loseAnswer' | 'cut' | { readonly status: number; readonly type: string; readonly message?: string }

/** A server that speaks DynamoDB on loopback, with a table, and with faults on demand. */
export interface DynamoServer {
  readonly endpoint: string
  /** How the package is told to reach it: two attempts, so that faults are over soon. */
  readonly options: DynamoClientOptions
  readonly client: DynamoDBClient
  readonly table: string
  /** Since the last look. */
  takeCalls(): Call[]
  /** Asked for every request, until it is set to nothing. */
  faultOf: ((call: Call) => Fault | undefined) | undefined
  createTable(name: string, keys: Readonly<Record<string, 'S' | 'N'>>): Promise<void>
  /** All items of the table, or those whose partition begins so. */
  items(begins?: string): Promise<Record<string, AttributeValue>[]>
  close(): Promise<void>
}

type Dynalite = (options: { readonly createTableMs: number }) => Server

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const closed = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

export async function startDynamo(): Promise<DynamoServer> {
  // It has no types.
  const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite
  const http = dynalite({ createTableMs: 0 })
  const [answer] = http.listeners('request') as ((request: unknown, response: ServerResponse) => void)[]
  http.removeAllListeners('request')
  http.on('request', (request, response) => void pass(request, response).catch(() => response.destroy()))
  const endpoint = await listening(http)
  const options = { endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, region: 'us-east-1', maxAttempts: 2 }
  const client = quietly(() => new DynamoDBClient(options))
  const calls: Call[] = []

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const call = { operation, input: JSON.parse(body.toString()) as Record<string, unknown> }
    calls.push(call)
    const fault = server.faultOf?.(call)
    if (fault === 'cut') return void response.destroy()
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.0' })
      const type = `com.amazonaws.dynamodb.v20120810#${fault.type}`
      return void response.end(JSON.stringify({ __type: type, message: fault.message ?? 'told to fail' }))
    }
    if (fault === 'loseAnswer') response.end = () => response.destroy()
    const { headers, method, url } = request
    answer?.(Object.assign(Readable.from([body]), { headers, method, url }), response)
  }

  const server: DynamoServer = {
    endpoint,
    options,
    client,
    table: 'etl-state',
    takeCalls: () => calls.splice(0),
    faultOf: undefined,
    async createTable(name, keys) {
      const names = Object.keys(keys)
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: names.map(each => ({ AttributeName: each, AttributeType: keys[each] as 'S' })),
          KeySchema: names.map((each, at): KeySchemaElement => ({ AttributeName: each, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
        }),
      )
      for (;;) {
        const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
        if (Table?.TableStatus === 'ACTIVE') return
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    },
    async items(begins = '') {
      const found: Record<string, AttributeValue>[] = []
      let after: Record<string, AttributeValue> | undefined
      do {
        const page = await client.send(
          new ScanCommand({ TableName: server.table, ...(after ? { ExclusiveStartKey: after } : {}) }),
        )
        found.push(...(page.Items ?? []))
        after = page.LastEvaluatedKey
      } while (after)
      return found.filter(({ pk }) => pk?.S?.startsWith(begins))
    },
    async close() {
      client.destroy()
      await closed(http)
    },
  }
  await server.createTable(server.table, { pk: 'S', sk: 'S' })
  return server
}
