import { describeStateStore } from '@millrace/etl-testkit'
import { describe, test } from 'vitest'
import { openApi } from '../src/client.js'
import { defaultSizes } from '../src/content.js'
import { newPartition, storeIn, tiny } from './support/store.js'

// The name of a table with the keys pk and sk; credentials and region as the SDK finds them.
const table = process.env.MILLRACE_TEST_DYNAMODB

describe.skipIf(!table)('against a live table', () => {
  describe.each([
    ['documents in items', defaultSizes],
    ['every document in parts', { ...tiny, part: 2_000 }],
  ])('%s', (_, sizes) => {
    describeStateStore('state in a DynamoDB table', {
      async open() {
        const partition = newPartition()
        const { client } = await openApi({})
        const another = () => storeIn({ table: table as string, client }, partition, sizes)
        const store = another()
        return {
          store,
          another,
          async close() {
            for await (const key of store.list('')) await store.remove(key, (await store.load(key))?.version ?? '')
            client.destroy()
          },
        }
      },
    })
  })
})

test.skipIf(table)('state in a live table: set MILLRACE_TEST_DYNAMODB to the name of one', ({ skip }) =>
  skip('MILLRACE_TEST_DYNAMODB is not set'),
)
