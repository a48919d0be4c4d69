import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import { type Format, type ObjectSinkOptions, type Reject, tee } from '@millrace/etl-core'
import type { CrashKind, PartsOfLife } from '@millrace/etl-testkit/cases'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv, decodeAll, gzip, ndjson, parquet } from '@millrace/formats'
import { folderStore, type ObjectStore, objectSink, stateOver } from '@millrace/objects'
import { s3Store } from '@millrace/s3'
import { s3Sink } from '@millrace/sink-s3'
import { requestsAround } from './around-requests.js'
import { type Draft, idAndNumber } from './drafts.js'
import type { SinkLine, SinkParts } from './sink-line.js'

type Shape = Omit<ObjectSinkOptions<Draft>, 'format'>
const object: Shape = { path: 'dated/{group}-{startedOn}.{ext}', latest: 'latest/{group}.{ext}' }
const append: Shape = { path: 'latest/{group}', layout: 'append' }
const partitions: Shape = { ...append, partitionBy: ['tag'] }

/** How records come to lie at a place, and how a reader finds them there. */
interface Objects {
  readonly name: string
  parts(store: ObjectStore): Omit<SinkParts, 'state'>
  read(store: ObjectStore): Promise<readonly unknown[]>
}

const at = (store: ObjectStore) => ({ store: () => store, shown: store.place })

/** One sink. Parts are small where the place lets them be. */
const plain = (name: string, shape: Shape, format: Format<Draft>, partBytes?: number): Objects => ({
  name,
  parts: store => ({ sink: objectSink({ ...at(store), format, ...(partBytes === undefined ? {} : { partBytes }), ...shape }) }),
  read: async store => (await readAll(store, 'latest/', format)).map(idAndNumber),
})

const packed = gzip(csv<Draft>(), { unitRecords: 3 })
const rows = ndjson<Draft>()

/** Two sinks of which one is durable later than the other, and the rejects of a step beside them. */
const several = (partBytes?: number): Objects => {
  const parts = partBytes === undefined ? {} : { partBytes }
  const path = '{group}.{ext}'
  return {
    name: 'a tee and copies of rejects',
    parts: store => ({
      sink: tee(
        objectSink({ ...at(store), ...parts, path: `first/${path}`, format: packed }),
        objectSink({ ...at(store), ...parts, path: `second/${path}`, format: rows }),
      ),
      rejectsTo: objectSink<Reject>({ ...at(store), ...parts, path: `bad/${path}`, format: ndjson<Reject>() }),
    }),
    async read(store) {
      const first = await readAll(store, 'first/', packed)
      const second = await readAll(store, 'second/', rows)
      const bad = (await readAll(store, 'bad/', ndjson<Reject>())) as Reject[]
      return [
        ...first.map(draft => ({ first: idAndNumber(draft) })),
        ...second.map(draft => ({ second: idAndNumber(draft) })),
        ...bad.map(({ stage, raw }) => ({ stage, raw })),
      ]
    },
  }
}

/** The records of all objects below a prefix. */
async function readAll<T>(store: ObjectStore, prefix: string, format: Format<T>): Promise<T[]> {
  const records: T[] = []
  for await (const { key } of store.list(prefix)) {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
    records.push(...(await decodeAll(format, Buffer.concat(chunks))).records)
  }
  return records
}

/** A process that slept until all was done puts what it was about to put: a part nobody reads, in staging nobody comes back to. */
async function nothingStaged(store: ObjectStore, after: CrashKind | undefined): Promise<void> {
  if (after === 'pause') return
  const left: string[] = []
  for await (const { key } of store.list('_millrace/crash-test/staging/')) left.push(key)
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
}

const statePrefix = '_millrace/crash-test/state'

/** What lies in a folder or a bucket, over a store whose calls count. */
const partsOver = (counted: ObjectStore, objects: Objects): SinkParts => ({
  ...objects.parts(counted),
  state: stateOver(counted, statePrefix),
})

const inFolder = (objects: Objects): SinkLine => ({
  name: `a folder, ${objects.name}`,
  place: 'folder',
  async serve() {
    const path = await mkdtemp(join(tmpdir(), 'millrace-proof-out-'))
    const raw = folderStore(path)
    return {
      open: life => partsOver(life.objects(folderStore(path)), objects),
      read: () => objects.read(raw),
      close: after => nothingStaged(raw, after).finally(() => rm(path, { recursive: true, force: true })),
    }
  },
})

const inBucket = (name: string, read: Objects['read'], open: (server: S3Server, life: PartsOfLife) => SinkParts): SinkLine => ({
  name: `a bucket, ${name}`,
  of: 'sink-s3',
  place: 'bucket',
  async serve() {
    const server = await s3Server({ buckets: ['lake'] })
    const raw = s3Store(whereOf(server))
    return {
      open: life => open(server, life),
      read: () => read(raw),
      async close(after) {
        const uploads = server.unfinishedUploads('lake').length
        await nothingStaged(raw, after).finally(() => server.close())
        if (uploads > 0) throw new Error(`${uploads} uploads were left unfinished`)
      },
    }
  },
})

function whereOf(server: S3Server) {
  const { endpoint, credentials, region } = server.clientConfig()
  return { bucket: 'lake', prefix: 'out', endpoint, credentials, region, maxAttempts: 1 }
}

/** What `s3Sink` makes of its options, over a store whose calls count. */
const inStore = (objects: Objects): SinkLine =>
  inBucket(objects.name, objects.read, (server, life) => partsOver(life.objects(s3Store(whereOf(server))), objects))

/** `s3Sink` itself, with a client whose requests count. */
const inRequests = (shape: Shape, format: Format<Draft>): SinkLine =>
  inBucket('every request of s3Sink', plain('', shape, format).read, (server, life) => {
    const client = requestsAround(new S3Client({ ...server.clientConfig(), maxAttempts: 1 }), life.around)
    const where = { bucket: 'lake', prefix: 'out', client }
    return { sink: s3Sink<Draft>({ ...where, format, ...shape }), state: stateOver(s3Store(where), statePrefix) }
  })

const smallBytes = 60

/** The layouts in folders and buckets, each with a format that fits. */
export const objectSinks: readonly SinkLine[] = [
  inFolder(plain('objects of gzip csv', object, packed, smallBytes)),
  inFolder(plain('objects of parquet', object, parquet<Draft>({ rowGroupRecords: 3 }), smallBytes)),
  inFolder(plain('appended ndjson', append, rows, smallBytes)),
  inFolder(plain('partitions of csv', partitions, csv<Draft>(), smallBytes)),
  inFolder(several(smallBytes)),
  inStore(plain('objects of csv', object, csv<Draft>())),
  inStore(plain('appended parquet', append, parquet<Draft>({ rowGroupRecords: 3 }))),
  inStore(plain('partitions of gzip csv', partitions, packed)),
  inStore(several()),
  inRequests(object, rows),
]
