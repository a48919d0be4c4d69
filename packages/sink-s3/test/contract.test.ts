import type { ObjectSinkOptions, Sink } from '@millrace/etl-core'
import { awkwardTexts, describeSink } from '@millrace/etl-testkit'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { ndjson } from '@millrace/formats'
import { s3Sink } from '../src/index.js'

interface Plant {
  readonly id: number
  readonly name: string
}

interface World {
  readonly server: S3Server
  readonly sink: Sink<Plant>
  another(): Sink<Plant>
  readBack(): Plant[]
  close(): Promise<void>
}

const writes = { operation: 'PutObject', times: 1_000 } as const

/** What a reader of the bucket finds, who passes over what begins with `_`. */
function readNdjson(server: S3Server): Plant[] {
  const visible = [...server.objects('lake')].filter(([key]) => !key.startsWith('out/_'))
  const text = visible.map(([, bytes]) => Buffer.from(bytes).toString('utf8')).join('')
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Plant)
}

function describeLayout(name: string, layout: Omit<ObjectSinkOptions<Plant>, 'format'>): void {
  describeSink<Plant, World>(name, {
    record: i => ({ id: i, name: `plant ${i} – ñ` }),
    ordered: layout.layout !== 'append',
    refused: i => ({ id: i, name: Number.NaN as unknown as string }),
    awkward: awkwardTexts.map((text, id) => ({ id, name: text })),
    async open() {
      const server = await s3Server({ buckets: ['lake'] })
      const { endpoint, credentials } = server.clientConfig()
      const another = () =>
        s3Sink({ bucket: 'lake', prefix: 'out', endpoint, credentials, maxAttempts: 2, format: ndjson<Plant>(), ...layout })
      return { server, sink: another(), another, readBack: () => readNdjson(server), close: () => server.close() }
    },
    stall: ({ server }) => ({ release: server.failWhen(writes, { delayMs: 500 }) }),
    faults: {
      denied: ({ server }) => server.failWhen(writes, 'denied'),
      throttled: ({ server }) => server.failWhen(writes, 'throttle'),
      unavailable: ({ server }) => server.failWhen(writes, 'resetBefore'),
    },
  })
}

describeLayout('s3Sink', { path: '{group}.ndjson' })
describeLayout('s3Sink that appends', { path: 'log', layout: 'append' })
