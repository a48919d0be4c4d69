import { S3Client } from '@aws-sdk/client-s3'
import type { StateStore } from '@millrace/etl-core'
import { arraySource, describeCrashes } from '@millrace/etl-testkit'
import { s3Server } from '@millrace/etl-testkit/s3'
import { ndjson } from '@millrace/formats'
import { conditionalState, type ObjectStore, objectSink } from '@millrace/objects'
import { s3Store } from '@millrace/s3'

interface Row {
  readonly id: number
}

/** State lies in the bucket, as it does for users, and dies with the process between any two requests. */
function describeBucket(name: string, kind: 'aws' | 'own', stateIn: (store: ObjectStore) => StateStore): void {
  describeCrashes<Row>(name, {
    ...(process.env.MILLRACE_TEST_LONG ? {} : { maxPoints: 6 }),
    async build() {
      const server = await s3Server({ buckets: ['lake'] })
      const client = new S3Client({ ...(kind === 'aws' ? server.awsClientConfig() : server.clientConfig()), maxAttempts: 1 })
      return {
        open({ objects }) {
          const store = objects(s3Store({ bucket: 'lake', prefix: 'out', client }))
          const rows = (from: number) => Array.from({ length: 5 }, (_, index) => ({ id: from + index }))
          return {
            source: arraySource({ splits: { a: rows(0), b: rows(5) }, group: 'all' }),
            sink: objectSink<Row>({ store: () => store, shown: 's3://lake/out', format: ndjson<Row>(), path: 'all.ndjson' }),
            state: stateIn(store),
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
          const marks = [...server.objects('lake').values()].filter(bytes => Buffer.from(bytes).includes('"removed":true')).length
          client.destroy()
          await server.close()
          if (unfinished > 0) throw new Error(`${unfinished} uploads were left unfinished`)
          if (kind === 'aws' && marks > 0) throw new Error(`${marks} marks of removed state were left`)
        },
      }
    },
  })
}

describeBucket('into a bucket of AWS', 'aws', store => conditionalState(store, 'state'))
// Nothing is held up between two requests here, so whoever saves over a mark need not wait the seconds it waits elsewhere.
describeBucket('into a bucket of a server of its own', 'own', store => conditionalState(store, 'state', { markStaysMs: 30 }))
