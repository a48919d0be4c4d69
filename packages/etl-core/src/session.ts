import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { requestsAtOnce } from './at-once.js'
import type { Begun } from './begin.js'
import { ConfigError, errorJson } from './errors.js'
import { fencedState } from './fenced-state.js'
import { type Clock, type Load, type RunContext, silentLog, systemClock } from './load.js'
import { laneState, refuseOverlap } from './overlap.js'
import { type DecidingParams, decidingParams, parseParams } from './params.js'
import type { Pipeline } from './pipeline.js'
import type { RunEvent, RunEventBody } from './progress.js'
import { type RunOptions, refuseBadOptions } from './run-options.js'
import type { Runnable, RunnerContext, RunSettings } from './runnable.js'
import type { Bookmark } from './split.js'
import { memoryPlace, memoryState, type StateStore } from './state.js'
import { type StopWatch, stopWatch } from './stop-watch.js'
import { timedState } from './timed-state.js'

const defaults: RunSettings = {
  // Often enough that a kill loses seconds, seldom enough that parts are few.
  flushEvery: { batches: 1_000, intervalMs: 5_000 },
  retry: { attempts: 4, firstMs: 500, maxMs: 30_000 },
  maxRejects: undefined,
}
/** Calls of state one after the other that end a run: its last checkpoint, head, plan, bookmarks, ownership. Beside them one for each split. */
const callsToEnd = 10
/** Besides the sink's buffers: a batch being written and one read ahead, as records. */
const bytesPerOpenSplit = 2 * 1024 * 1024

/** Everything one call of `run` works with, over all its loads. */
export interface Session {
  readonly pipeline: Pipeline
  readonly runnable: Runnable
  readonly options: RunOptions
  readonly clock: Clock
  /** Epoch milliseconds. */
  readonly beganAtMs: number
  readonly watch: StopWatch
  readonly state: StateStore
  readonly statePlace: string
  /** This load has a head of its own, beside others that run at the same time. */
  readonly inLane: boolean
  readonly given: DecidingParams
}

/** Checks the options, fixes the parts, finds the state. Throws ConfigError. The caller disposes of `watch`. */
export async function openSession(
  pipeline: Pipeline,
  runnable: Runnable,
  params: unknown,
  options: RunOptions,
): Promise<Session> {
  refuseBadOptions(options)
  const parsed = await parseParams(pipeline, params)
  runnable.prepare(pipeline.name)
  const clock = options.clock ?? systemClock
  const home = options.state ? undefined : runnable.home
  const statePlace = home?.place ?? options.statePlace ?? (options.state ? 'the given store' : memoryPlace)
  refuseWeakerDelivery(pipeline, runnable, statePlace)
  if (pipeline.overlap === 'allow') refuseOverlap(pipeline.name, runnable)
  const state = options.state ?? home?.state(pipeline.name) ?? memoryState()
  // A replay is one load like others were, so it takes its turn with what has no trigger.
  const inLane = pipeline.overlap === 'allow' && options.loadId !== undefined && options.replay === undefined
  const watch = stopWatch({ signal: options.signal, deadlineAtMs: options.deadlineAtMs, reserveMs: options.reserveMs, clock })
  return {
    pipeline,
    runnable,
    options,
    clock,
    beganAtMs: clock.now(),
    watch,
    state: timedState(inLane ? laneState(state, options.loadId as string) : state, clock, watch.observeStateMs),
    inLane,
    statePlace,
    given: decidingParams(params, parsed, pipeline),
  }
}

/** What plug-ins are told, for one load. */
export function runContext(
  session: Session,
  load: Load,
  bookmarks: ReadonlyMap<string, Bookmark>,
  signal: AbortSignal,
): RunContext {
  const { options, pipeline, clock } = session
  return {
    pipeline: pipeline.name,
    version: pipeline.version,
    load,
    bookmarks,
    signal,
    ...(options.deadlineAtMs === undefined ? {} : { deadlineAtMs: options.deadlineAtMs }),
    clock,
    log: options.log ?? silentLog,
  }
}

/** What the runner works with, for one owned load. */
export function runnerContext(
  session: Session,
  begun: Begun & { kind: 'owned' },
  fenced: AbortSignal,
  notes: string[],
): RunnerContext {
  const { options, watch } = session
  const { lease, load } = begun
  const signal = AbortSignal.any([watch.soft, fenced])
  // Each split listens, and several may run at once: that is no leak.
  const hard = AbortSignal.any([watch.hard, fenced])
  setMaxListeners(0, signal, hard)
  noteLowered(session, begun.plan.splits.length, notes)
  watch.endsInCalls(callsToEnd + Math.ceil(begun.plan.splits.length / requestsAtOnce))
  const { batches, intervalMs } = options.flushEvery ?? defaults.flushEvery
  const identity: Load = { loadId: load.loadId, startedAtMs: load.startedAtMs, attempt: load.attempt, epoch: lease.epoch }
  return {
    ...runContext(session, identity, new Map(), signal),
    state: fencedState(session.state, lease),
    statePlace: session.statePlace,
    settings: {
      flushEvery: { batches, intervalMs: Math.min(intervalMs, watch.flushEveryMs) },
      retry: options.retry ?? defaults.retry,
      maxRejects: options.maxRejects,
    },
    concurrency: concurrencyOf(options, session.runnable),
    notes,
    lease,
    bornEpoch: load.bornEpoch,
    beganAtMs: session.beganAtMs,
    groupParamsKey: load.groupParamsKey,
    hardSignal: hard,
    observeMs: watch.observeMs,
    shared: new Map(),
    emit: stamp(session, load.loadId),
    keepsForNext: session.pipeline.next !== undefined,
  }
}

/** Splits run at once: as many as asked for, as few as fit the memory budget, one where the sink takes one after the other. */
export function concurrencyOf(options: RunOptions, runnable: Runnable): number {
  const { bufferBytes, oneSplitAtATime } = runnable.explain()
  return oneSplitAtATime ? 1 : Math.min(wantedAtOnce(options), fittingAtOnce(options, bufferBytes))
}

const wantedAtOnce = ({ concurrency = 4 }: RunOptions): number => Math.max(1, Math.floor(concurrency))

const fittingAtOnce = ({ memoryMiB = 64 }: RunOptions, bufferBytes: number): number =>
  Math.max(1, Math.floor((memoryMiB * 1024 * 1024) / (bufferBytes + bytesPerOpenSplit)))

/** Says that splits wait for each other, where there are so many: once, however many loads the run takes. */
function noteLowered({ options, runnable }: Session, splits: number, notes: string[]): void {
  const { bufferBytes, oneSplitAtATime } = runnable.explain()
  const atOnce = concurrencyOf(options, runnable)
  if (Math.min(splits, wantedAtOnce(options)) <= atOnce) return
  const why = oneSplitAtATime
    ? 'what they are written to has one order'
    : `each may hold ${Math.ceil((bufferBytes + bytesPerOpenSplit) / 1048576)} MiB`
  const note = `Splits run ${atOnce === 1 ? 'one' : atOnce} at a time instead of ${wantedAtOnce(options)}: ${why}.`
  if (!notes.includes(note)) notes.push(note)
}

/** Puts time and load on events and hands them to the listener, whose errors disturb nothing. */
export function stamp(session: Session, loadId: string): (event: RunEventBody) => void {
  const { options, pipeline, clock } = session
  return event => {
    try {
      options.onEvent?.({ atMs: clock.now(), pipeline: pipeline.name, loadId, ...event } as RunEvent)
    } catch (error) {
      options.log?.warn('An event listener threw.', { error: errorJson(error) })
    }
  }
}

/** A new load id: readable, sortable, unique. */
export function freshLoadId(nowMs: number): string {
  return `${new Date(nowMs).toISOString().replace(/[-:.]/g, '').slice(0, 15)}Z-${randomBytes(4).toString('hex')}`
}

function refuseWeakerDelivery(pipeline: Pipeline, runnable: Runnable, statePlace: string): void {
  const { delivery, reasons } = runnable.explain(statePlace !== memoryPlace).guarantee
  if (pipeline.delivery !== 'exactly once' || delivery === 'exactly once') return
  throw new ConfigError(
    'ETL_GUARANTEE',
    `Pipeline "${pipeline.name}" asks for exactly once and gets ${delivery}: ${reasons.join('; ')}.`,
    {
      context: { delivery },
    },
  )
}
