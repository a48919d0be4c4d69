import { gunzipSync } from 'node:zlib'
import { type Format, isEtlError, memoryState, type ObjectSinkOptions } from '@millrace/etl-core'
import { type CrashKind, crashCases, type SinkSuite, sinkCases } from '@millrace/etl-testkit/cases'
import { csv, gzip, ndjson } from '@millrace/formats'
import { memoryStore, type ObjectStore, objectSink, objectSource } from '@millrace/objects'
import { parse } from 'csv-parse/sync'
import type { Suites } from '../suites.js'

interface Plant {
  readonly id: string
  readonly name: string
}

const plant = (i: number): Plant => ({ id: `p${i}`, name: `plant ${i} – ñ` })

async function bytesAt(store: ObjectStore, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What a reader of the place finds: every object whose name does not begin with `_`, parsed. */
async function readAll(store: ObjectStore, wanted: (key: string) => boolean = () => true): Promise<Plant[]> {
  const found: Plant[] = []
  for await (const { key } of store.list(''))
    if (!/^(_|state\/)/.test(key) && wanted(key)) found.push(...(await readOne(store, key)))
  return found
}

async function readOne(store: ObjectStore, key: string): Promise<Plant[]> {
  const bytes = await bytesAt(store, key)
  const text = (key.endsWith('.gz') && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString('utf8')
  if (key.endsWith('.csv')) return parse(text, { columns: true }) as Plant[]
  const lines = text.split('\n').filter(line => line !== '')
  return lines.map(line => JSON.parse(line) as Plant)
}

function sink(
  format: Format<Plant>,
  layout: Omit<ObjectSinkOptions<Plant>, 'format'>,
): SinkSuite<Plant, ReturnType<typeof world>> {
  const world = () => {
    const store = memoryStore()
    const open = () => objectSink<Plant>({ store: () => store, shown: 'memory:', format, ...layout })
    return { store, sink: open(), another: open, readBack: () => readAll(store) }
  }
  return {
    record: plant,
    ordered: layout.layout !== 'append',
    open: world,
    refused: i => ({ id: `p${i}`, name: Number.NaN as unknown as string }),
    lose: ({ store }) => store.delete(['group-1.ndjson', 'group-1.ndjson.gz', 'group-1.csv']),
  }
}

/** Readers of the latest copy may look for the dated one: it must be there, with the same bytes. */
async function latestIsDated(store: ObjectStore): Promise<void> {
  for (const stem of ['a', 'b']) {
    const latest = await bytesAt(store, `${stem}/latest.ndjson`).catch(gone)
    const dated = await bytesAt(store, `${stem}/all.ndjson`).catch(gone)
    if (latest && !dated?.equals(latest))
      throw new Error(`${stem}/latest.ndjson is there, and ${stem}/all.ndjson is not as it is`)
  }
}

function gone(error: unknown): undefined {
  if (!isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) throw error
}

const linesOf = (name: string, count: number) => Buffer.from(`{"id":"1","name":"${name}"}\n`.repeat(count))

/** Two files, each with a dated copy and a latest one. Where `renewed`, the first is another one for a second load. */
const wholeLoad = (kinds: readonly CrashKind[], renewed: boolean) =>
  crashCases<Plant>({
    kinds,
    ordered: true,
    expected: [renewed ? 'new' : 'a', 'b'].flatMap(name => Array(3).fill({ id: '1', name })),
    async build() {
      const [input, output, state] = [memoryStore(), memoryStore(), memoryState()]
      for (const file of ['a', 'b']) await input.put(`${file}.ndjson`, linesOf(file, 3))
      const format = ndjson<Plant>()
      const layout = { path: '{stem}/all.ndjson', latest: '{stem}/latest.ndjson', format }
      return {
        open: ({ objects }) => ({
          source: objectSource({ store: () => input, shown: 'memory:in', format }),
          sink: objectSink({ store: () => objects(output), shown: 'memory:out', ...layout }),
          state,
        }),
        read: () => readAll(output, key => key.endsWith('/all.ndjson')),
        always: () => latestIsDated(output),
        ...(renewed && { next: async () => void (await input.put('a.ndjson', linesOf('new', 3))) }),
      }
    },
  })

/** Objects: the sink in its layouts and formats, and a whole load. */
export const suites: Suites = {
  'a sink of ndjson': () => sinkCases(sink(ndjson<Plant>(), { path: '{group}.{ext}' })),
  'a sink of csv': () => sinkCases(sink(csv<Plant>(), { path: '{group}.{ext}' })),
  'a sink of gzip members': () => sinkCases(sink(gzip(ndjson<Plant>(), { unitRecords: 3 }), { path: '{group}.{ext}' })),
  'a load of files into objects': () => wholeLoad(['crash'], false),
  'two loads of files into objects, not alone': () => wholeLoad(['pause'], true),
}
