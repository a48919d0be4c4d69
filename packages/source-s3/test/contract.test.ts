import type { Source } from '@millrace/etl-core'
import { describeSource } from '@millrace/etl-testkit'
import { type IamJudge, iamJudge, policyFrom } from '@millrace/etl-testkit/iam'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv } from '@millrace/formats'
import { afterAll, expect } from 'vitest'
import { s3Source } from '../src/index.js'

interface Row {
  readonly id: string
  readonly name: string
}

interface World {
  readonly server: S3Server
  readonly source: Source<Row>
  requests(): number
  open(): number
  close(): Promise<void>
}

const rows = 5_000

/** What the source says that it needs is all that it may do. */
const judges: IamJudge[] = []
afterAll(() => expect(judges.flatMap(({ denied }) => denied)).toEqual([]))

async function world(files: readonly number[]): Promise<World> {
  const server = await s3Server({ buckets: ['incoming'] })
  for (const file of files) {
    const lines = Array.from({ length: rows }, (_, i) => `${file * rows + i},a name of some length – ñ`)
    server.put('incoming', `orders/${file}.csv`, `id,name\n${lines.join('\n')}\n`)
  }
  server.put('incoming', 'orders/notes.txt', 'not read')
  server.put('incoming', 'orders/_hidden.csv', 'not read')
  const { endpoint, credentials } = server.clientConfig()
  const source = s3Source({
    ...{ bucket: 'incoming', endpoint, credentials, maxAttempts: 2 },
    ...{ prefix: 'orders/', suffix: '.csv', format: csv<Row>() },
  })
  const judge = iamJudge(policyFrom(source.access?.('orders') ?? []))
  judges.push(judge)
  server.restrict(judge)
  return { server, source, requests: () => server.requests.length, open: () => server.open, close: () => server.close() }
}

describeSource<Row, World>('s3Source', {
  open: () => world([0, 1, 2]),
  expected: Array.from({ length: 3 * rows }, (_, i) => ({ id: String(i), name: 'a name of some length – ñ' })),
  empty: () => world([]),
  faults: {
    denied: ({ server }) => server.failNext('denied', 99),
    throttled: ({ server }) => server.failNext('throttle', 99),
    unavailable: {
      arm: ({ server }) => server.failNext('internalError', 99),
      codes: ['ETL_SOURCE_UNAVAILABLE'],
      retry: ['later'],
    },
    missing: {
      arm: ({ server }) => server.failNext({ status: 404, code: 'NoSuchBucket' }, 99),
      codes: ['ETL_SOURCE_NOT_FOUND'],
      retry: ['never'],
    },
  },
})
