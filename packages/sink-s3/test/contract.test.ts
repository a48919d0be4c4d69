import type { ObjectSinkOptions, Sink } from '@millrace/etl-core'
import { awkwardTexts, describeSink } from '@millrace/etl-testkit'
import { iamJudge, policyFrom } from '@millrace/etl-testkit/iam'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { ndjson } from '@millrace/formats'
import { expect } from 'vitest'
import { s3Sink } from '../src/index.js'

interface Plant {
  readonly id: number
  readonly name: string
  readonly kind: string
}

interface World {
  readonly server: S3Server
  readonly sink: Sink<Plant>
  another(): Sink<Plant>
  readBack(): Plant[]
  close(): Promise<void>
}

const writes = { operation: 'PutObject', times: 1_000 } as const

/** What a reader of the bucket finds, who passes over what begins with `_` and takes from a key what is in its partition. */
function readNdjson(server: S3Server): Plant[] {
  const visible = [...server.objects('lake')].filter(([key]) => !key.startsWith('out/_'))
  return visible.flatMap(([key, bytes]) => {
    const kind = /\/kind=([^/]*)\//.exec(key)?.[1]
    const lines = Buffer.from(bytes).toString('utf8').split('\n')
    return lines.flatMap(line =>
      line === '' ? [] : [{ ...(JSON.parse(line) as Plant), ...(kind && { kind: decodeURIComponent(kind) }) }],
    )
  })
}

/** Some go into one partition, some into another; both hold what a key must be escaped for. */
const kindOf = (id: number) => (id % 2 === 0 ? 'tree/ñ' : '50 % shrub')

function describeLayout(name: string, layout: Omit<ObjectSinkOptions<Plant>, 'format'>): void {
  describeSink<Plant, World>(name, {
    record: i => ({ id: i, name: `plant ${i} – ñ`, kind: kindOf(i) }),
    ordered: layout.layout !== 'append',
    refused: i => ({ id: i, name: Number.NaN as unknown as string, kind: kindOf(i) }),
    awkward: awkwardTexts.map((text, id) => ({ id, name: text, kind: kindOf(id) })),
    async open() {
      const server = await s3Server({ buckets: ['lake'] })
      const { endpoint, credentials } = server.clientConfig()
      const another = () =>
        s3Sink({ bucket: 'lake', prefix: 'out', endpoint, credentials, maxAttempts: 2, format: ndjson<Plant>(), ...layout })
      const sink = another()
      // What the sink says that it needs is all that it may do.
      const judge = iamJudge(policyFrom([...(sink.access?.('test') ?? []), ...(sink.home?.access?.('test') ?? [])]))
      server.restrict(judge)
      const close = async () => {
        await server.close()
        expect(judge.denied).toEqual([])
      }
      return { server, sink, another, readBack: () => readNdjson(server), close }
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
describeLayout('s3Sink into partitions', { path: 'log', layout: 'append', partitionBy: ['kind'] })
