import {
  type Clock,
  definePipeline,
  type Flow,
  from,
  inspectState,
  listRejects,
  type Reject,
  type Runnable,
  type RunOptions,
  type RunReport,
  run,
  type Sink,
  type Source,
  type StateStore,
  toJson,
} from '@millrace/etl-core'
import { sinkAround, sourceAround, stateAround, type WrappedCall } from '../around.js'
import type { Life } from './life.js'

/** The parts of a pipeline as one process opens them. */
export interface CrashEnds<T, U = T> {
  readonly source: Source<T>
  readonly sink: Sink<U>
  /** Outlives the process, as the destination does. */
  readonly state: StateStore
}

/** What parts are opened with: what a process does by way of it, its death ends. */
export type PartsOfLife = Pick<Life, 'objects' | 'around'>

/** Everything that outlives a process: the source's data, the destination, state. */
export interface CrashWorld<T, U = T> {
  /**
   * Opens the parts for one process. A store they are built on goes through `life.objects`, so that its calls count; requests of a client
   * may go through `life.around`.
   */
  open(life: PartsOfLife): CrashEnds<T, U> | Promise<CrashEnds<T, U>>
  /** What a reader of the destination sees. */
  read(): readonly unknown[] | Promise<readonly unknown[]>
  /**
   * Gives the source something new. With it a second load follows the first, with a trigger of its own. Where processes sleep (`pause`),
   * splits that were planned before must go on reading as they did, or say that their source changed.
   */
  next?(): Promise<void> | void
  /** Throws when a reader sees what no reader may ever see. Asked when a process has just ended, and again when all is done. */
  always?(): Promise<void> | void
  /**
   * Ends the world. What it throws is a failure of the point.
   * @param after - What happened in it; absent after an undisturbed run. A process that slept may write to its staging when all is done.
   */
  close?(after?: CrashKind): Promise<void> | void
}

/**
 * What happens to a process at one of its calls. `crash`: it dies before or after it. `stop`: it is told to stop (at batches only).
 * `outage`: the call fails once with a passing error, before it happened or after. `failure`: code fails there (at batches only).
 * `pause`: it sleeps until its ownership is over and others have done all the work, and then goes on. `company`: another process begins
 * the same while it is there.
 */
export type CrashKind = 'crash' | 'stop' | 'outage' | 'failure' | 'pause' | 'company'

/** What `crashEveryPoint` needs. */
export interface CrashOptions<T, U = T> {
  /** Makes a world in which nothing has happened yet. Called once per point. */
  build(): CrashWorld<T, U> | Promise<CrashWorld<T, U>>
  /** The steps between source and sink. Default: none. */
  steps?(flow: Flow<T>): Flow<U>
  /** How the flow ends: `move` instead of `into`. Default: `flow.into(sink)`. */
  into?(flow: Flow<U>, sink: Sink<U>): Runnable
  /**
   * The steps as they are once mended. With it the rejects are replayed through them after the last load, and a second replay must find
   * none of those that arrived.
   */
  mended?(flow: Flow<T>): Flow<U>
  /** What a reader must see in the end. Default: whatever an undisturbed run leaves. */
  readonly expected?: readonly unknown[]
  /** What is done to processes. Default `crash` and `stop`. */
  readonly kinds?: readonly CrashKind[]
  /**
   * The identity of what triggered the runs, or `null` for none. Default `trigger-1`: a run that died right after its last write is then
   * known to be done. Without one, use a source with bookmarks or a sink that replaces or merges.
   */
  readonly trigger?: string | null
  /** More for `run`. By default every batch is flushed and one split runs at a time. */
  readonly run?: RunOptions
  /** Records must arrive in the same order. Default false. */
  readonly ordered?: boolean
  /**
   * Which moments are tried; asked once for each, in their order. Default: all. Between two calls that change something outside of the
   * process all moments are the same to those who come after it.
   */
  readonly only?: (moment: { readonly kind: CrashKind; readonly call: WrappedCall; readonly when: 'before' | 'after' }) => boolean
  /** At most this many calls for each kind, of those that are left, evenly spread: for destinations that are slow. Default: all. */
  readonly maxPoints?: number | Readonly<Partial<Record<CrashKind, number>>>
  /**
   * Which `maxPoints` of them, from 0: the calls are cut into that many stretches, and the next number takes the next call of each. So
   * tests of many pairs of parts try all moments among them. Default: the first call, the last, and those evenly between.
   */
  readonly sample?: number
}

/** One run of a pipeline's story. */
export type Act = 'load' | 'second load' | 'replay'

/** Which process runs an act. */
export interface Who {
  readonly life: Life
  /** Tells processes of one machine apart: the one before is known to be gone. */
  readonly turn: number
  /** Processes of another machine cannot be looked for. Default: all on one. */
  readonly machine?: string
  readonly clock: Clock
}

/** What a world shows after a run: the destination, the rejects without the load they belong to, and which groups were published. */
export interface Seen {
  readonly records: readonly unknown[]
  readonly rejects: readonly unknown[]
  readonly published: readonly string[]
}

/** Runs an act in one process of the world. */
export async function runAct<T, U>(
  world: CrashWorld<T, U>,
  options: CrashOptions<T, U>,
  act: Act,
  { life, turn, machine = 'crash-test', clock }: Who,
): Promise<RunReport> {
  const { source, sink, state } = await world.open(life)
  const asIs = (flow: Flow<T>) => flow as unknown as Flow<U>
  const steps = (act === 'replay' ? options.mended : options.steps) ?? asIs
  const into = options.into ?? ((flow, sink) => flow.into(sink))
  const build = () => into(steps(from(sourceAround(source, life.around))), sinkAround(sink, life.around))
  const trigger = options.trigger === undefined ? 'trigger-1' : options.trigger
  return run(definePipeline({ name: 'crash-test', build }), undefined, {
    flushEvery: { batches: 1, intervalMs: 3_600_000 },
    retry: { attempts: 3, firstMs: 1, maxMs: 2 },
    concurrency: 1,
    clock,
    ...options.run,
    ...(act === 'replay' ? { replay: {} } : trigger === null ? {} : { loadId: act === 'load' ? trigger : `${trigger}-second` }),
    state: stateAround(state, life.around),
    signal: life.signal,
    // The same process id at another start time: whoever comes next on this machine sees at once that this process is gone.
    owner: { host: machine, space: machine, pid: 1, processStart: turn },
  })
}

/** Someone who lives on, and whose calls nobody counts. */
export const onlooker: PartsOfLife = { objects: store => store, around: (_, act) => act() }

/** Looks at a world from outside. */
export async function look<T, U>(world: CrashWorld<T, U>): Promise<Seen> {
  const { source, state } = await world.open(onlooker)
  const rejects: unknown[] = []
  for await (const reject of listRejects(state)) rejects.push(comparable(reject, source.capabilities.rereads === 'same'))
  // A replay's own groups vanish with it.
  const groups = Object.keys((await inspectState(state)).groups).filter(group => !group.startsWith('replay:'))
  return { records: await world.read(), rejects, published: groups.sort() }
}

/** A reject without its load; and without its place, where a record may stand elsewhere when it is read again. */
function comparable({ loadId: _load, ...reject }: Reject, samePlace: boolean): unknown {
  const { batchNo: _batch, row: _row, position: _position, ...rest } = reject
  return toJson(samePlace ? reject : rest)
}
