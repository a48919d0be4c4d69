import { arraySource, describeCrashes } from '@millrace/etl-testkit'
import { s3Server } from '@millrace/etl-testkit/s3'
import { ndjson } from '@millrace/formats'
import { conditionalState, memoryStore, objectSink, versionedState } from '@millrace/objects'
import { s3Store } from '@millrace/s3'

interface Row {
  readonly id: number
}

// State in a bucket waits some seconds for what a process that died while removing a document has left: too long for every run of the tests.
const stateInBucket = process.env.MILLRACE_TEST_LONG !== undefined

describeCrashes<Row>('into a bucket', {
  ...(process.env.MILLRACE_TEST_LONG ? {} : { maxPoints: 12 }),
  async build() {
    const states = memoryStore()
    const server = await s3Server({ buckets: ['lake'] })
    const { endpoint, credentials } = server.clientConfig()
    return {
      open({ objects }) {
        const store = objects(s3Store({ bucket: 'lake', prefix: 'out', endpoint, credentials, maxAttempts: 1 }))
        const rows = (from: number) => Array.from({ length: 5 }, (_, index) => ({ id: from + index }))
        return {
          source: arraySource({ splits: { a: rows(0), b: rows(5) }, group: 'all' }),
          sink: objectSink<Row>({ store: () => store, shown: 's3://lake/out', format: ndjson<Row>(), path: 'all.ndjson' }),
          state: stateInBucket ? conditionalState(store, 'state') : versionedState(objects(states), 'state'),
        }
      },
      read() {
        const text = Buffer.from(server.get('lake', 'out/all.ndjson')?.bytes ?? []).toString()
        return text
          .split('\n')
          .filter(line => line !== '')
          .map(line => JSON.parse(line) as Row)
      },
      async close() {
        const unfinished = server.unfinishedUploads('lake').length
        await server.close()
        if (unfinished > 0) throw new Error(`${unfinished} uploads were left unfinished`)
      },
    }
  },
})
