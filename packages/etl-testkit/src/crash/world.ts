import {
  definePipeline,
  type Flow,
  from,
  listRejects,
  type RunOptions,
  type RunReport,
  run,
  type Sink,
  type Source,
  type StateStore,
  toJson,
} from '@millrace/etl-core'
import { sinkAround, sourceAround, stateAround } from '../around.js'
import type { Life } from './life.js'

/** The parts of a pipeline as one process opens them. */
export interface CrashEnds<T, U = T> {
  readonly source: Source<T>
  readonly sink: Sink<U>
  /** Outlives the process, as the destination does. */
  readonly state: StateStore
}

/** Everything that outlives a process: the source's data, the destination, state. */
export interface CrashWorld<T, U = T> {
  /** Opens the parts for one process. A store they are built on goes through `life.objects`, so that its calls count. */
  open(life: Pick<Life, 'objects'>): CrashEnds<T, U> | Promise<CrashEnds<T, U>>
  /** What a reader of the destination sees. */
  read(): readonly unknown[] | Promise<readonly unknown[]>
  close?(): Promise<void> | void
}

/** What `crashEveryPoint` needs. */
export interface CrashOptions<T, U = T> {
  /** Makes a world in which nothing has happened yet. Called once per point. */
  build(): CrashWorld<T, U> | Promise<CrashWorld<T, U>>
  /** The steps between source and sink. Default: none. */
  steps?(flow: Flow<T>): Flow<U>
  /**
   * The identity of what triggered the runs, or `null` for none. Default `trigger-1`: a run that died right after its last write is then
   * known to be done. Without one, use a source with bookmarks or a sink that replaces or merges.
   */
  readonly trigger?: string | null
  /** More for `run`. By default every batch is flushed and one split runs at a time. */
  readonly run?: RunOptions
  /** Records must arrive in the same order. Default false. */
  readonly ordered?: boolean
  /** At most this many points of each kind, evenly spread: for destinations that are slow. Default: all. */
  readonly maxPoints?: number
}

/** What a world shows after a run: the destination, and the rejects without the load they belong to. */
export interface Seen {
  readonly records: readonly unknown[]
  readonly rejects: readonly unknown[]
}

/** Runs the pipeline in one process of the world. `turn` tells processes apart: the one before is known to be gone. */
export async function runLife<T, U>(
  world: CrashWorld<T, U>,
  options: CrashOptions<T, U>,
  life: Life,
  turn: number,
): Promise<RunReport> {
  const { source, sink, state } = await world.open(life)
  const steps = options.steps ?? ((flow: Flow<T>) => flow as unknown as Flow<U>)
  const build = () => steps(from(sourceAround(source, life.around))).into(sinkAround(sink, life.around))
  return run(definePipeline({ name: 'crash-test', build }), undefined, {
    flushEvery: { batches: 1, intervalMs: 3_600_000 },
    retry: { attempts: 3, firstMs: 1, maxMs: 2 },
    concurrency: 1,
    ...options.run,
    ...(options.trigger === null ? {} : { loadId: options.trigger ?? 'trigger-1' }),
    state: stateAround(state, life.around),
    signal: life.signal,
    // The same process id at another start time: whoever comes next sees at once that this process is gone.
    owner: { host: 'crash-test', space: 'crash-test', pid: 1, processStart: turn },
  })
}

/** Looks at a world from outside. */
export async function look<T, U>(world: CrashWorld<T, U>): Promise<Seen> {
  const { state } = await world.open({ objects: store => store })
  const rejects: unknown[] = []
  for await (const { loadId: _loadId, ...reject } of listRejects(state)) rejects.push(toJson(reject))
  return { records: await world.read(), rejects }
}
