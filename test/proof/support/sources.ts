import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Format, RecordError, type Source } from '@millrace/etl-core'
import { arraySource, type Life } from '@millrace/etl-testkit/cases'
import { type S3Server, s3Server } from '@millrace/etl-testkit/s3'
import { csv, encodeAll, gzip, ndjson, parquet } from '@millrace/formats'
import { folderStore, objectSource } from '@millrace/objects'
import { columnsOf } from '@millrace/schema/columns'
import { s3Source } from '@millrace/source-s3'
import { worldBank } from '@millrace/source-worldbank'
import { countryRow, observationRow, worldBankServer } from '@millrace/source-worldbank/testing'
import { type Draft, type Drafts, draftSchema } from './drafts.js'

/** A source with its data, as many processes as there are may open it. */
export interface OpenSource {
  open(life: Pick<Life, 'objects'>): Source<unknown>
  /** Its record as every sink takes it. */
  draftOf(record: unknown): Draft
  close(): Promise<void>
}

/** A line of the table. */
export interface SourceLine {
  readonly name: string
  /** The package it is of, if that is called `source-…`. */
  readonly of?: string
  serve(drafts: Drafts): Promise<OpenSource>
}

const asDraft = (record: unknown): Draft => {
  const { id, n, tag } = record as Record<string, unknown>
  return { id: String(id), n: Number(n), tag: String(tag) }
}

/** A source that cannot read every third record of those it has. */
function unreadableThirds(source: Source<Draft>): Source<Draft> {
  return {
    ...source,
    async *read(split, from, ctx) {
      for await (const batch of source.read(split, from, ctx)) {
        const records = batch.records as readonly Draft[]
        const broken = records.filter(each => each.id.endsWith('2'))
        const error = new RecordError('ETL_RECORD_UNPARSABLE', 'it is broken')
        yield {
          records: records.filter(each => !broken.includes(each)),
          cursor: batch.cursor,
          unreadable: broken.map(({ id }) => ({ raw: id, position: { id }, error })),
        }
      }
    },
  }
}

const arrays: SourceLine = {
  name: 'arrays',
  async serve(drafts) {
    const splits = Object.assign({}, ...Object.values(drafts)) as Record<string, readonly Draft[]>
    const group = Object.fromEntries(Object.entries(drafts).flatMap(([name, of]) => Object.keys(of).map(split => [split, name])))
    return { open: () => unreadableThirds(arraySource({ splits, group })), draftOf: asDraft, close: async () => {} }
  },
}

/** Blocks that are read end after 64 KiB: so much beside each record makes batches of two. */
const pad = 'p'.repeat(32_000)
const padded = (drafts: readonly Draft[]): Record<string, unknown>[] => drafts.map(draft => ({ ...draft, pad }))

/** One object per split. */
interface ObjectFormat {
  readonly format: Format<Record<string, unknown>>
  bytes(drafts: readonly Draft[]): Promise<Uint8Array>
}

const withBrokenLine = async (
  format: Format<Record<string, unknown>>,
  drafts: readonly Draft[],
  line: string,
): Promise<Uint8Array> => Buffer.concat([await encodeAll(format, padded(drafts)), Buffer.from(`${line}\n`)])

const objectFormats: Readonly<Record<'ndjson' | 'csv' | 'csv+gzip' | 'parquet', ObjectFormat>> = {
  ndjson: { format: ndjson(), bytes: drafts => withBrokenLine(ndjson(), drafts, '{"id":') },
  csv: {
    format: csv<Record<string, unknown>>(),
    bytes: drafts => withBrokenLine(csv<Record<string, unknown>>(), drafts, 'x,1,even,p,more'),
  },
  'csv+gzip': {
    format: gzip(csv<Record<string, unknown>>()),
    bytes: drafts => encodeAll(gzip(csv<Record<string, unknown>>(), { unitRecords: 2 }), padded(drafts), { batchRecords: 1 }),
  },
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

const folderOf = (kind: keyof typeof objectFormats): SourceLine => ({
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

const bucket = (kind: keyof typeof objectFormats): SourceLine => ({
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

/** Groups are indicators; each block of economies is a split. */
const theWorldBank: SourceLine = {
  name: 'the World Bank',
  of: 'source-worldbank',
  async serve(drafts) {
    const splits = Object.values(drafts).flatMap(of => Object.keys(of))
    const iso = (split: string) => `Z${split.toUpperCase()}`
    const rows = (indicator: string, of: Drafts[string]) =>
      Object.entries(of).flatMap(([split, all]) =>
        all.map((draft, at) =>
          observationRow({
            indicator,
            country: iso(split),
            iso3: `Z${iso(split)}`,
            countryName: draft.tag,
            date: `${2000 + at}`,
            value: `${draft.n}`,
          }),
        ),
      )
    const server = await worldBankServer({
      data: {
        countries: splits.map(split => countryRow({ id: `Z${iso(split)}`, iso2: iso(split), name: split })),
        indicators: Object.entries(drafts).map(([id, of]) => ({
          id,
          sourceId: '2',
          lastUpdated: '2026-03-06',
          rows: rows(id, of),
        })),
        metadata: Object.fromEntries(Object.keys(drafts).map(id => [id, JSON.stringify({ id, name: id })])),
        errors: {},
      },
    })
    const options = { indicators: Object.keys(drafts), splitEconomies: 1, perPage: 2, apiUrl: server.url }
    return {
      open: () => worldBank(options),
      draftOf(record) {
        const { country_id, date, value, country_name } = record as Record<string, string>
        return { id: `${country_id}${date}`, n: Number(value), tag: String(country_name) }
      },
      close: () => server.close(),
    }
  },
}

/** Every source there is. A new one is one more line. */
export const sources: readonly SourceLine[] = [
  arrays,
  folderOf('ndjson'),
  folderOf('csv+gzip'),
  folderOf('parquet'),
  bucket('csv'),
  theWorldBank,
]
