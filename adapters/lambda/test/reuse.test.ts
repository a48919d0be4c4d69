import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { definePipeline, from, splitId } from '@millrace/etl-core'
import { s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { httpReader } from '@millrace/http'
import { s3With } from '@millrace/s3'
import { expect, onTestFinished, test } from 'vitest'
import { lambdaHandler } from '../src/index.js'
import { contextOf } from './support/deployed.js'
import { permitted } from './support/permitted.js'

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port
const listening = <S extends { listen(port: number, host: string, then: () => void): unknown }>(server: S) =>
  new Promise<S>(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))

/** Passes connections on to a port, and counts them. */
async function counted(port: number) {
  let connections = 0
  const server = await listening(
    createTcpServer(socket => {
      connections++
      const there = connect(port, '127.0.0.1')
      for (const each of [socket, there]) each.on('error', () => {})
      socket.pipe(there).pipe(socket)
    }),
  )
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${portOf(server)}`, count: () => connections }
}

/** An API with one record. */
async function api() {
  const server: Server = await listening(createServer((_, response) => response.end('{"id":1}')))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return counted(portOf(server))
}

test('invocations of one environment use connections to S3 and to an API again', async () => {
  const storage = await s3Server({ buckets: ['lake'] })
  onTestFinished(() => storage.close())
  const [bucket, source] = [await counted(Number(new URL(storage.url).port)), await api()]
  const { region, credentials } = storage.clientConfig()
  const pipeline = definePipeline({
    name: 'orders',
    connectors: [s3With({ endpoint: bucket.url, region, credentials })],
    build: ({ connect }) => {
      const reader = httpReader()
      return from<{ id: number }>({
        name: 'api',
        capabilities: { resumable: true, rereads: 'same' },
        plan: async () => ({ splits: [{ id: splitId('api', ['orders']), params: null }] }),
        async *read(_split, _after, { signal }) {
          const response = await reader.request(source.url, { signal })
          yield { records: [JSON.parse(response.text())], cursor: 1 }
        },
      }).into(connect.objects('s3://lake/orders', { path: 'orders.csv', format: csv() }))
    },
  })
  const handler = lambdaHandler(pipeline, { write: () => {}, run: { full: true } })
  const role = permitted(storage)
  await role.add(pipeline)

  for (let no = 1; no <= 4; no++) {
    const report = await handler(null, contextOf())
    expect(report).toMatchObject({
      status: 'succeeded',
      requests: { '127.0.0.1': { GET: 1 }, s3: { PutObject: expect.any(Number) } },
    })
  }

  expect(role.denied()).toEqual([])
  // Each that made its own would open at least one; two requests at once may open a second.
  expect(storage.requests.length).toBeGreaterThan(40)
  expect(bucket.count()).toBeLessThan(4)
  expect(source.count()).toBeLessThan(4)
})
