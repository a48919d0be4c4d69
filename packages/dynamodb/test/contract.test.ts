import { describeStateStore } from '@millrace/etl-testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { defaultSizes } from '../src/content.js'
import { type DynamoServer, startDynamo } from './support/server.js'
import { newPartition, storeIn, tiny } from './support/store.js'

let server: DynamoServer
beforeAll(async () => {
  server = await startDynamo()
})
afterAll(() => server.close())

describe.each([
  ['documents in items', defaultSizes],
  ['every document in parts', { ...tiny, part: 2_000 }],
])('%s', (_, sizes) => {
  describeStateStore('state in a DynamoDB table', {
    open() {
      const partition = newPartition()
      const another = () => storeIn(server, partition, sizes)
      return { store: another(), another }
    },
  })
})
