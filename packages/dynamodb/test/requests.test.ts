import { afterAll, beforeAll, expect, test } from 'vitest'
import { countingRequests } from '../../etl-core/src/requests.js'
import { defaultSizes } from '../src/content.js'
import { type DynamoServer, startDynamo } from './support/server.js'
import { newPartition, storeIn } from './support/store.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterAll(() => server.close())

test('requests are counted by operation, as many as the table got', async () => {
  const store = storeIn(server, newPartition(), defaultSizes)
  server.takeCalls()

  const requests = await countingRequests(async soFar => {
    await store.save('head', { a: 1 }, 'absent')
    await store.load('head')
    return soFar()
  })

  expect(requests.dynamodb).toMatchObject({ PutItem: 1, GetItem: expect.any(Number) })
  const counted = Object.values(requests.dynamodb ?? {}).reduce((sum, count) => sum + count, 0)
  expect(counted).toBe(server.takeCalls().length)
})
