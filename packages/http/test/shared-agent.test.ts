import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { httpReader } from '../src/index.js'
import { serve } from './server.js'

it('readers use connections of others again, until the last of them is closed', async () => {
  const ports = new Set<number | undefined>()
  const { url } = await serve((request, response) => {
    ports.add(request.socket.remotePort)
    response.end('ok')
  })
  const [one, two] = [httpReader(), httpReader()]
  const ask = async (reader: typeof one) => {
    await reader.request(url)
    // A connection is free again a moment after its answer is read.
    await sleep(20)
  }

  for (const each of [one, two, one]) await ask(each)
  await one.close()
  await ask(two)
  expect(ports.size).toBe(1)

  await two.close()
  await ask(two)
  expect(ports.size).toBe(2)
  await two.close()
})
