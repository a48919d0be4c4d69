import {
  type Batch,
  type Checkpoint,
  definePipeline,
  type Flow,
  from,
  type Json,
  listRejects,
  memoryState,
  RecordError,
  type Reject,
  type RunOptions,
  type RunReport,
  run,
  type Sink,
  type Source,
  SourceError,
  type StateStore,
} from '../src/index.js'

/** What a test's source holds. Splits are read two records at a time. */
export interface SourceData {
  readonly splits: Readonly<Record<string, readonly number[]>>
  /** All splits belong to this group. Default: each to its own. */
  readonly group?: string
  /** Published groups whose bookmark is this are unchanged. */
  readonly bookmark?: string
  readonly rereads?: 'same' | 'mayDiffer'
  readonly resumable?: boolean
  /** Called before each batch is handed over. */
  before?(split: string, at: number): void | Promise<void>
}

export const perBatch = 2

/** A source over arrays that counts what is asked of it. */
export function numbers(data: SourceData) {
  const asked = { plans: 0, reads: [] as string[], batches: 0 }
  const source: Source<number> = {
    name: 'numbers',
    capabilities: { resumable: data.resumable ?? true, rereads: data.rereads ?? 'same' },
    async plan(ctx) {
      asked.plans++
      const groups = Object.keys(data.splits).map(id => data.group ?? id)
      const fresh = Object.keys(data.splits).filter(
        id => data.bookmark === undefined || ctx.bookmarks.get(data.group ?? id) !== data.bookmark,
      )
      const skipped = [...new Set(groups)].filter(group => !fresh.some(id => (data.group ?? id) === group))
      return {
        splits: fresh.map(id => ({ id, params: null, ...(data.group === undefined ? {} : { group: data.group }) })),
        ...(data.bookmark === undefined
          ? {}
          : { bookmarks: Object.fromEntries(groups.map(group => [group, data.bookmark as string])) }),
        skipped: skipped.map(group => ({ group, reason: 'unchanged' as const })),
      }
    },
    async *read(split, cursor) {
      const records = data.splits[split.id] ?? []
      asked.reads.push(`${split.id}@${cursor ?? 0}`)
      for (let at = typeof cursor === 'number' ? cursor : 0; at < records.length; at += perBatch) {
        await data.before?.(split.id, at)
        asked.batches++
        yield { records: records.slice(at, at + perBatch), cursor: at + perBatch, bytes: perBatch }
      }
    },
  }
  return { source, asked }
}

/** A sink like a folder's: parts are kept at each flush, groups become visible when published. */
export function parts(
  options: {
    readonly durableAt?: 'flush' | 'commit'
    readonly refuse?: (record: number) => boolean
    /** A flush makes durable only what was written before the newest batch, as a sink with blocks of counted records does. */
    readonly lags?: boolean
  } = {},
) {
  const published: Record<string, number[]> = {}
  const calls: string[] = []
  const ids: string[] = []
  const durableAt = options.durableAt ?? 'flush'
  const sink: Sink<number> = {
    name: 'parts',
    capabilities: { disposition: 'replace', durableAt, replay: 'idempotent', cursor: 'outside' },
    async open(ctx) {
      const rows = [...((ctx.resume?.kept as readonly number[] | undefined) ?? [])]
      let last: Checkpoint | undefined
      let before: Checkpoint | undefined
      calls.push(`open ${ctx.split.id}`)
      return {
        async write(batch: Batch<number>) {
          ids.push(batch.id)
          before = last && { ...last, kept: [...rows] }
          last = batch.checkpoint
          const all = batch.rows.toArray()
          const refused = all.flatMap((record, row) => (options.refuse?.(record) ? [row] : []))
          rows.push(...all.filter((_, row) => !refused.includes(row)))
          calls.push(`write ${ctx.split.id} ${batch.checkpoint.batchNo}`)
          return { rejected: refused.map(row => ({ row, error: new RecordError('ETL_RECORD_REFUSED', 'the sink refuses it') })) }
        },
        async flush() {
          calls.push(`flush ${ctx.split.id}`)
          if (durableAt === 'commit' || !last) return undefined
          return options.lags ? before : { ...last, kept: [...rows] }
        },
        async commit() {
          calls.push(`commit ${ctx.split.id}`)
          return [...rows]
        },
        async suspend() {
          calls.push(`suspend ${ctx.split.id}`)
        },
        async abort() {
          calls.push(`abort ${ctx.split.id}`)
        },
      }
    },
    async publish(group) {
      calls.push(`publish ${group.name}`)
      published[group.name] = group.receipts.flatMap(({ receipt }) => receipt as number[])
      return { objects: [{ place: group.name, bytes: published[group.name]?.length ?? 0, change: 'replaced' }] }
    },
    async discard(loadId) {
      calls.push(`discard ${loadId}`)
    },
  }
  return { sink, published, calls, ids }
}

/** A sink like a database's: rows and checkpoint in one transaction at each flush; writing twice would leave two copies. */
export function table(rows: number[] = [], cursors = new Map<string, Checkpoint>()) {
  const sink: Sink<number> = {
    name: 'table',
    capabilities: { disposition: 'append', durableAt: 'flush', replay: 'duplicates', cursor: 'inTransaction' },
    async open(ctx) {
      const key = `${ctx.load.loadId}/${ctx.split.id}`
      let pending: number[] = []
      let last: Checkpoint | undefined
      const resumeFrom = cursors.get(key)
      const flush = async () => {
        rows.push(...pending)
        pending = []
        if (last) cursors.set(key, last)
        return last
      }
      return {
        ...(resumeFrom === undefined ? {} : { resumeFrom }),
        async write(batch: Batch<number>) {
          pending.push(...batch.rows.toArray())
          last = batch.checkpoint
          return {}
        },
        flush,
        async commit() {
          await flush()
          return null
        },
        suspend: async () => {},
        abort: async () => {
          pending = []
        },
      }
    },
  }
  return { sink, rows, cursors }
}

/** Flush and save after every batch, no waiting between attempts: what tests of order and recovery want. */
export const eager: RunOptions = {
  flushEvery: { batches: 1, intervalMs: 60_000 },
  retry: { attempts: 3, firstMs: 1, maxMs: 2 },
  concurrency: 1,
}

/** Runs numbers through steps into a sink. */
export function runNumbers(
  source: Source<number>,
  sink: Sink<number>,
  options: RunOptions = {},
  steps: (flow: Flow<number>) => Flow<number> = flow => flow,
  version = '1',
): Promise<RunReport> {
  const pipeline = definePipeline({ name: 'numbers', version, build: () => steps(from(source)).into(sink) })
  return run(pipeline, {}, { ...eager, ...options })
}

/** Every document of a state store, by key. */
export async function documents(state: StateStore): Promise<Record<string, Json>> {
  const all: Record<string, Json> = {}
  for await (const key of state.list('')) all[key] = (await state.load(key))?.value ?? null
  return all
}

/** The keys of all documents, with the day that a mark was made on left out: a load closed twice around midnight has a mark on both days. */
export async function keysLeft(state: StateStore): Promise<string[]> {
  return [...new Set(Object.keys(await documents(state)).map(key => key.replace(/^done\/[\d-]{10}\//, 'done/<day>/')))]
}

/** Every stored reject. */
export async function rejectsIn(state: StateStore): Promise<Reject[]> {
  const all: Reject[] = []
  for await (const reject of listRejects(state)) all.push(reject)
  return all
}

/** Stops the process, as far as the runner can tell: from the given state write on, nothing has any effect any more. */
export function dyingState(state: StateStore, atWrite: number): { state: StateStore; died: Promise<void>; writes: () => number } {
  let writes = 0
  let dead = false
  let die: () => unknown = () => {}
  const died = new Promise<void>(resolve => {
    die = resolve
  })
  const never = () => new Promise<never>(() => {})
  const write = <V>(act: () => Promise<V>): Promise<V> => {
    if (dead || writes++ === atWrite) {
      dead = true
      void die()
      return never()
    }
    return act()
  }
  return {
    died,
    writes: () => writes,
    state: {
      load: key => (dead ? never() : state.load(key)),
      save: (key, value, expected) => write(() => state.save(key, value, expected)),
      remove: (key, expected) => write(() => state.remove(key, expected)),
      list: prefix => state.list(prefix),
    },
  }
}

/** Runs until it ends or its state dies, whichever comes first. */
export async function untilDeath(running: Promise<RunReport>, died: Promise<void>): Promise<RunReport | 'died'> {
  running.catch(() => undefined)
  return Promise.race([running, died.then(() => 'died' as const)])
}

/** A clock that tests move. */
export function movedClock(startMs = Date.UTC(2026, 0, 1)) {
  let nowMs = startMs
  return {
    now: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

export const down = () => new SourceError('ETL_SOURCE_UNAVAILABLE', 'The source is away.', { retry: 'later' })
export { memoryState }

/** A place where something comes to a stand until it is let go. */
export function standstill() {
  let arrived = () => {}
  let go = () => {}
  const here = new Promise<void>(resolve => {
    arrived = resolve
  })
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  const stand = (): Promise<void> => {
    arrived()
    return gate
  }
  return { here, stand, go: () => go() }
}
