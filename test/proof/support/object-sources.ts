import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Format } from '@millrace/etl-core'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv, encodeAll, gzip, ndjson, parquet } from '@millrace/formats'
import { folderStore, objectSource } from '@millrace/objects'
import { columnsOf } from '@millrace/schema/columns'
import { s3Source } from '@millrace/source-s3'
import { type Draft, type Drafts, draftSchema } from './drafts.js'
import { asDraft, type SourceLine } from './source-line.js'

/** Blocks that are read end after 64 KiB: so much beside each record makes batches of two. */
const pad = 'p'.repeat(32_000)
const padded = (drafts: readonly Draft[]): Record<string, unknown>[] => drafts.map(draft => ({ ...draft, pad }))

/** One object per split. */
interface ObjectFormat {
  readonly format: Format<Record<string, unknown>>
  bytes(drafts: readonly Draft[]): Promise<Uint8Array>
}

/** A line that nobody can read, after the others. */
const brokenLine = { csv: 'x,1,even,p,more\n', ndjson: '{"id":\n' } as const

const objectFormats: Readonly<Record<'ndjson' | 'csv' | 'csv+gzip' | 'parquet', ObjectFormat>> = {
  ndjson: {
    format: ndjson(),
    bytes: async drafts => Buffer.concat([await encodeAll(ndjson(), padded(drafts)), Buffer.from(brokenLine.ndjson)]),
  },
  csv: {
    format: csv<Record<string, unknown>>(),
    bytes: async drafts =>
      Buffer.concat([await encodeAll(csv<Record<string, unknown>>(), padded(drafts)), Buffer.from(brokenLine.csv)]),
  },
  'csv+gzip': {
    format: gzip(csv<Record<string, unknown>>()),
    async bytes(drafts) {
      const members = await encodeAll(gzip(csv<Record<string, unknown>>(), { unitRecords: 2 }), padded(drafts), {
        batchRecords: 1,
      })
      return Buffer.concat([members, gzipSync(brokenLine.csv)])
    },
  },
  // A row of Parquet has its columns' types: it can be read, or the file cannot.
  parquet: {
    format: parquet(),
    bytes: drafts => encodeAll(parquet({ columns: columnsOf(draftSchema), rowGroupRecords: 2 }), drafts, { batchRecords: 1 }),
  },
}

const objectsOf = (drafts: Drafts, { format, bytes }: ObjectFormat) =>
  Promise.all(
    Object.values(drafts)
      .flatMap(splits => Object.entries(splits))
      .map(async ([split, of]) => [`${split}.${format.extension}`, await bytes(of)] as const),
  )

export const folderOf = (kind: keyof typeof objectFormats): SourceLine => ({
  name: `${kind} in a folder`,
  async serve(drafts) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-in-'))
    const { format } = objectFormats[kind]
    for (const [key, bytes] of await objectsOf(drafts, objectFormats[kind])) await writeFile(join(folder, key), bytes)
    return {
      open: ({ objects }) => objectSource({ store: () => objects(folderStore(folder)), shown: 'file:in', format }),
      draftOf: asDraft,
      close: () => rm(folder, { recursive: true, force: true }),
    }
  },
})

export const bucketOf = (kind: keyof typeof objectFormats): SourceLine => ({
  name: `${kind} in a bucket`,
  of: 'source-s3',
  async serve(drafts) {
    const server: S3Server = await s3Server({ buckets: ['incoming'] })
    const { endpoint, credentials, region } = server.clientConfig()
    for (const [key, bytes] of await objectsOf(drafts, objectFormats[kind])) server.put('incoming', key, bytes)
    const { format } = objectFormats[kind]
    return {
      open: () => s3Source({ bucket: 'incoming', endpoint, credentials, region, maxAttempts: 1, format }),
      draftOf: asDraft,
      close: () => server.close(),
    }
  },
})
