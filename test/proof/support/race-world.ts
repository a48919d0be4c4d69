import { definePipeline, from, listRejects, memoryState, type RunOptions, type Sink, type StateStore } from '@millrace/etl-core'
import {
  type Around,
  type ManualClock,
  manualClock,
  memorySink,
  objectsAround,
  sinkAround,
  sourceAround,
  stateAround,
} from '@millrace/etl-testkit/cases'
import { ndjson } from '@millrace/formats'
import { conditionalState, memoryStore, type ObjectStore, objectSink, versionedState } from '@millrace/objects'
import { type Row, rowSchema, type Shape, versioned } from './versions.js'

/** How long a lease holds in these worlds; far longer than any test, so that nothing is renewed by a timer. */
export const leaseMs = 1_000_000

/** A destination that two runs compete for. */
export interface Arena {
  /** The pipeline's sink and state as one run opens them, each call through `around`. */
  open(around: Around): { readonly sink: Sink<Row>; readonly state: StateStore }
  /** The same state, untouched by any turn. */
  readonly state: StateStore
  readonly disposition: 'replace' | 'append' | 'merge'
  /** What a reader sees of a group, in order. */
  read(group: string): Promise<readonly Row[]>
  /** What is left of loads on their way. */
  staged(): Promise<readonly string[]>
}

/** All keys below a prefix. */
export async function keysIn(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

/** The rows of objects of ndjson, one behind the other. */
export async function linesOf(store: ObjectStore, keys: readonly string[]): Promise<Row[]> {
  let text = ''
  for (const key of keys) for await (const chunk of (await store.get(key)).body) text += Buffer.from(chunk).toString('utf8')
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Row)
}

type StateKind = 'versions' | 'conditions' | 'memory'

function objectArena(layout: 'object' | 'append' | 'partitions', kind: StateKind): Arena {
  const store = memoryStore()
  const states = memoryState()
  const stateOver = (over: ObjectStore, around: Around) =>
    kind === 'versions'
      ? versionedState(over, '_millrace/race/state')
      : kind === 'conditions'
        ? conditionalState(over, '_millrace/race/state', { markStaysMs: 30 })
        : stateAround(states, around)
  const layouts = {
    object: { path: '{group}/{version}.{ext}', latest: '{group}/latest.{ext}' },
    append: { path: '{group}', layout: 'append' },
    partitions: { path: '{group}', layout: 'append', partitionBy: ['version'] },
  } as const
  return {
    disposition: layout === 'object' ? 'replace' : 'append',
    state: stateOver(store, (_, act) => act()),
    open(around) {
      const over = objectsAround(store, around)
      const sink = objectSink<Row>({
        store: () => over,
        shown: 'memory:',
        format: ndjson<Row>(),
        partBytes: 90,
        ...layouts[layout],
      })
      return { sink: sinkAround(sink, around), state: stateOver(over, around) }
    },
    async read(group) {
      const keys = await keysIn(store, `${group}/`)
      const rows = await linesOf(store, layout === 'object' ? keys.filter(key => key.endsWith('latest.ndjson')) : keys)
      return layout === 'partitions' ? rows.map(row => ({ ...row, version: Number(row.id.split('-')[1]) })) : rows
    },
    staged: () => keysIn(store, '_millrace/race/staging/'),
  }
}

function memoryArena(disposition: 'append' | 'merge'): Arena {
  // What is appended at once would stay where its load is given up, and come again with the next one.
  const publishes = disposition === 'append'
  const sink = memorySink<Row>({ disposition, cursor: 'inTransaction', publishes, keyOf: row => row.id })
  const states = memoryState()
  return {
    disposition,
    state: states,
    open: around => ({ sink: sinkAround(sink, around), state: stateAround(states, around) }),
    read: async group => sink.visible(group),
    staged: async () => [],
  }
}

/** Every place that two runs may compete for. */
export const arenas: Readonly<Record<string, () => Arena>> = {
  'objects, state in versions': () => objectArena('object', 'versions'),
  'objects, state under conditions': () => objectArena('object', 'conditions'),
  'objects, state elsewhere': () => objectArena('object', 'memory'),
  'appended objects': () => objectArena('append', 'memory'),
  partitions: () => objectArena('partitions', 'memory'),
  'a table that merges in its transactions': () => memoryArena('merge'),
  'a table that appends in its transactions': () => memoryArena('append'),
}

/** The source's data, the time, and the pipeline over an arena. */
export function raceWorld(arena: Arena, shape: Shape, cut: (read: number) => number) {
  const clock: ManualClock = manualClock()
  const now = { version: 1 }
  let reads = 0
  const pipeline = (around: Around) => {
    const { sink } = arena.open(around)
    const source = versioned({ shape, version: () => now.version, batchSize: () => cut(reads++) })
    return definePipeline({
      name: 'race',
      build: () => from(sourceAround(source, around)).validate(rowSchema).into(sink),
    })
  }
  const options = (around: Around, who: number): RunOptions => ({
    state: arena.open(around).state,
    clock,
    leaseMs,
    flushEvery: { batches: 1, intervalMs: 1e9 },
    retry: { attempts: 3, firstMs: 1, maxMs: 2 },
    concurrency: 1,
    // Each on a computer of its own: only the lease tells whether it lives.
    owner: { host: `host-${who}`, space: `host-${who}`, pid: 1, processStart: 1 },
  })
  return { clock, now, pipeline, options }
}

/** The ids of the stored rejects, with their group. */
export async function rejectsIn(state: StateStore): Promise<readonly Row[]> {
  const rows: Row[] = []
  for await (const reject of listRejects(state)) rows.push(reject.raw as unknown as Row)
  return rows
}
