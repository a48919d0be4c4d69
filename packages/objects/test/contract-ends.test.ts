import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Format, type ObjectSinkOptions, SinkError } from '@millrace/etl-core'
import { awkwardTexts, describeCrashes, describeSink, describeSource } from '@millrace/etl-testkit'
import { csv, gzip, ndjson } from '@millrace/formats'
import { folderStore, memoryStore, type ObjectStore, objectSink, objectSource, stateOver } from '../src/index.js'

interface Plant {
  readonly id: number
  readonly name: string
}

const plant = (i: number): Plant => ({ id: i, name: `plant ${i} – ñ` })

/** A store that can be made to stand still. */
function gated(store: ObjectStore) {
  let gate: Promise<void> | undefined
  return {
    ...store,
    async put(key, body, options) {
      if (gate) {
        const aborted = new Promise<never>((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error), { once: true })
        })
        await Promise.race([gate, aborted])
      }
      return store.put(key, body, options)
    },
    close() {
      let release: () => void = () => {}
      gate = new Promise(resolve => {
        release = () => {
          gate = undefined
          resolve()
        }
      })
      return { release }
    },
  } satisfies ObjectStore & { close(): { release(): void } }
}

/** Every record a reader of NDJSON finds below a place, in the order of the keys. */
async function readNdjson(store: ObjectStore): Promise<Plant[]> {
  const found: Plant[] = []
  for await (const { key } of store.list('')) {
    if (/^(_|state\/)/.test(key)) continue
    const chunks: Uint8Array[] = []
    for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const text = (key.endsWith('.gz') && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString('utf8')
    // What a partition's name says of its records is not in them.
    const id = /\/id=(\d+)\//.exec(key)?.[1]
    for (const line of text.split('\n').filter(each => each !== ''))
      found.push({ ...(id === undefined ? {} : { id: Number(id) }), ...(JSON.parse(line) as Plant) })
  }
  return found
}

interface World {
  readonly sink: ReturnType<typeof objectSink<Plant>>
  readonly store: ReturnType<typeof gated>
  fault: Error | undefined
  readBack(): Promise<Plant[]>
  close(): Promise<void>
}

function describeLayout(name: string, format: Format<Plant>, layout: Omit<ObjectSinkOptions<Plant>, 'format'>, inMemory = false) {
  describeSink<Plant, World>(name, {
    record: plant,
    ordered: layout.layout !== 'append',
    refused: i => ({ id: i, name: Number.NaN as unknown as string }),
    awkward: awkwardTexts.map((text, id) => ({ id, name: text })),
    async open() {
      const path = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
      const store = gated(inMemory ? memoryStore() : folderStore(path))
      const failing: ObjectStore = {
        ...store,
        put: (key, body, options) => (world.fault ? Promise.reject(world.fault) : store.put(key, body, options)),
      }
      const world: World = {
        store,
        fault: undefined,
        sink: objectSink<Plant>({ store: () => failing, shown: 'file:out', format, ...layout }),
        readBack: () => readNdjson(store),
        close: () => rm(path, { recursive: true, force: true }),
      }
      return world
    },
    stall: world => world.store.close(),
    faults: {
      unavailable: world => {
        world.fault = new SinkError('ETL_SINK_UNAVAILABLE', 'away', { retry: 'later' })
      },
      denied: world => {
        world.fault = new SinkError('ETL_SINK_DENIED', 'no')
      },
    },
  })
}

describeLayout('objectSink in a folder', ndjson<Plant>(), { path: '{group}.{ext}' })
describeLayout('objectSink in a memory', ndjson<Plant>(), { path: '{group}.ndjson' }, true)
describeLayout('objectSink of gzip members', gzip(ndjson<Plant>(), { unitRecords: 3 }), { path: '{group}.{ext}' }, true)
describeLayout('objectSink that appends', ndjson<Plant>(), { path: 'log', layout: 'append' })
describeLayout(
  'objectSink that appends to partitions',
  ndjson<Plant>(),
  { path: 'log', layout: 'append', partitionBy: ['id'] },
  true,
)

describeSource('objectSource of csv in a folder', {
  async open() {
    const path = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
    for (const file of [0, 1, 2]) {
      const lines = Array.from({ length: 20_000 }, (_, i) => `${file * 20_000 + i},name of it`)
      await writeFile(join(path, `${file}.csv`), `id,name\n${lines.join('\n')}\n`)
    }
    const source = objectSource({ store: () => folderStore(path), shown: 'file:in', format: csv<Plant>() })
    return { source, path, close: () => rm(path, { recursive: true, force: true }) }
  },
  expected: Array.from({ length: 60_000 }, (_, i) => ({ id: String(i), name: 'name of it' }) as unknown as Plant),
  async empty() {
    const source = objectSource({ store: () => memoryStore(), shown: 'memory:in', format: csv<Plant>() })
    return { source }
  },
})

describeCrashes<Plant>('objects into a folder, state beside them', {
  async build() {
    const path = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
    const input = memoryStore()
    for (const file of ['a', 'b']) await input.put(`${file}.ndjson`, Buffer.from(`{"id":1,"name":"${file}"}\n`.repeat(3)))
    return {
      open({ objects }) {
        const store = objects(folderStore(path))
        return {
          source: objectSource({ store: () => input, shown: 'memory:in', format: ndjson<Plant>() }),
          sink: objectSink({
            store: () => store,
            shown: 'file:out',
            format: ndjson<Plant>(),
            path: '{stem}/all.ndjson',
            latest: '{stem}/latest.ndjson',
          }),
          state: stateOver(store, 'state'),
        }
      },
      read: () => readNdjson(folderStore(path)),
      close: () => rm(path, { recursive: true, force: true }),
    }
  },
  ordered: true,
  maxPoints: process.env.MILLRACE_TEST_LONG ? 1_000 : 4,
})
