import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Format,
  memoryState,
  type ObjectSinkOptions,
  type Sink,
  type SinkCapabilities,
  type StateStore,
} from '@millrace/etl-core'
import { type Life, memorySink } from '@millrace/etl-testkit/cases'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv, decodeAll, gzip, ndjson, parquet } from '@millrace/formats'
import { folderStore, type ObjectStore, objectSink, stateOver } from '@millrace/objects'
import { s3Store } from '@millrace/s3'
import { type Draft, refusedTag } from './drafts.js'

/** A destination with nothing in it. */
export interface OpenSink {
  open(life: Pick<Life, 'objects'>): { readonly sink: Sink<Draft>; readonly state: StateStore }
  read(): Promise<readonly unknown[]>
  /** Throws if something is left that nobody would remove. */
  close(): Promise<void>
}

/** A line of the table. */
export interface SinkLine {
  readonly name: string
  /** The package it is of, if that is called `sink-…`. */
  readonly of?: string
  readonly place: 'memory' | 'folder' | 'bucket'
  serve(): Promise<OpenSink>
}

const memory = (capabilities: SinkCapabilities): SinkLine => ({
  name: `memory, ${Object.values(capabilities).join(' ')}`,
  place: 'memory',
  async serve() {
    const refuse = ({ tag }: Draft) => (tag === refusedTag ? 'it is too long' : undefined)
    const parts = { sink: memorySink<Draft>({ ...capabilities, keyOf: ({ id }) => id, refuse }), state: memoryState() }
    return { open: () => parts, read: async () => parts.sink.visible(), close: async () => {} }
  },
})

const capabilitySets: readonly SinkCapabilities[] = (['append', 'merge', 'replace'] as const).flatMap(disposition =>
  (['flush', 'commit'] as const).flatMap(durableAt =>
    (['idempotent', 'duplicates'] as const).flatMap(replay =>
      (['outside', 'inTransaction'] as const).map(cursor => ({ disposition, durableAt, replay, cursor })),
    ),
  ),
)

type Shape = Omit<ObjectSinkOptions<Draft>, 'format'>
const object: Shape = { path: 'dated/{group}-{startedOn}.{ext}', latest: 'latest/{group}.{ext}' }
const append: Shape = { path: 'latest/{group}', layout: 'append' }
const partitions: Shape = { ...append, partitionBy: ['tag'] }

/** The records of all objects below `latest/`. */
async function readAll(store: ObjectStore, format: Format<Draft>): Promise<unknown[]> {
  const records: unknown[] = []
  for await (const { key } of store.list('latest/')) {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
    records.push(...(await decodeAll(format, Buffer.concat(chunks))).records)
  }
  return records
}

async function nothingStaged(store: ObjectStore): Promise<void> {
  const left: string[] = []
  for await (const { key } of store.list('_millrace/crash-test/staging/')) left.push(key)
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
}

const statePrefix = '_millrace/crash-test/state'

const folder = (name: string, shape: Shape, format: Format<Draft>): SinkLine => ({
  name: `a folder, ${name}`,
  place: 'folder',
  async serve() {
    const path = await mkdtemp(join(tmpdir(), 'millrace-proof-out-'))
    const raw = folderStore(path)
    return {
      open({ objects }) {
        const store = objects(folderStore(path))
        const sink = objectSink<Draft>({ store: () => store, shown: 'file:out', format, partBytes: 60, ...shape })
        return { sink, state: stateOver(store, statePrefix) }
      },
      read: () => readAll(raw, format),
      async close() {
        await nothingStaged(raw).finally(() => rm(path, { recursive: true, force: true }))
      },
    }
  },
})

const bucket = (name: string, shape: Shape, format: Format<Draft>): SinkLine => ({
  name: `a bucket, ${name}`,
  of: 'sink-s3',
  place: 'bucket',
  async serve() {
    const server: S3Server = await s3Server({ buckets: ['lake'] })
    const { endpoint, credentials, region } = server.clientConfig()
    const where = { bucket: 'lake', prefix: 'out', endpoint, credentials, region, maxAttempts: 1 }
    const raw = s3Store(where)
    return {
      open({ objects }) {
        const store = objects(s3Store(where))
        // What `s3Sink` makes of its options, over a store whose calls count.
        const sink = objectSink<Draft>({ store: () => store, shown: raw.place, format, ...shape })
        return { sink, state: stateOver(store, statePrefix) }
      },
      read: () => readAll(raw, format),
      async close() {
        const uploads = server.unfinishedUploads('lake').length
        await nothingStaged(raw).finally(() => server.close())
        if (uploads > 0) throw new Error(`${uploads} uploads were left unfinished`)
      },
    }
  },
})

/** Every sink there is, in its layouts, with a format that fits. A new one is one more line. */
export const sinks: readonly SinkLine[] = [
  ...capabilitySets.map(memory),
  folder('objects of gzip csv', object, gzip(csv<Draft>(), { unitRecords: 3 })),
  folder('objects of parquet', object, parquet<Draft>({ rowGroupRecords: 3 })),
  folder('appended ndjson', append, ndjson<Draft>()),
  folder('partitions of csv', partitions, csv<Draft>()),
  bucket('objects of csv', object, csv<Draft>()),
  bucket('objects of ndjson', object, ndjson<Draft>()),
  bucket('appended parquet', append, parquet<Draft>({ rowGroupRecords: 3 })),
  bucket('partitions of gzip csv', partitions, gzip(csv<Draft>(), { unitRecords: 3 })),
]
