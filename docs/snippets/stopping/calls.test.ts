import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { nameOf } from './calls.js'

it('asks again while the server is busy', async () => {
  let asked = 0
  const server = createServer((request, response) => {
    asked++
    if (asked === 1) response.writeHead(503).end()
    else response.end(`the name of ${request.url}`)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  expect(await nameOf(`http://127.0.0.1:${port}`, 'NO', AbortSignal.timeout(20_000))).toBe('the name of /countries/NO')
  expect(asked).toBe(2)
})
