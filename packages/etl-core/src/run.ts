import { randomBytes } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import pLimit from 'p-limit'
import { type BeginOptions, type Begun, beginLoad, fingerprintOf } from './begin.js'
import { ConfigError, errorJson, isEtlError } from './errors.js'
import { plannedGroups } from './finish.js'
import type { Lease } from './lease.js'
import { type Clock, type Load, type Logger, type RunContext, silentLog, systemClock } from './load.js'
import { type OwnerIdentity, thisProcess } from './owner.js'
import { paramsAsGiven, parseParams } from './params.js'
import type { Pipeline } from './pipeline.js'
import type { OnEvent, RunEvent, RunEventBody } from './progress.js'
import { addCounts, type GroupReport, noCounts, type RunReport, type SplitReport } from './report.js'
import type { Runnable, RunnerContext, RunSettings } from './runnable.js'
import type { Bookmark } from './split.js'
import { memoryPlace, memoryState, type StateStore } from './state.js'
import { type StopWatch, stopWatch } from './stop-watch.js'

/** How to run, as opposed to what: none of these decides which records arrive. */
export interface RunOptions extends Partial<RunSettings> {
  /** Where state and rejects go. Default: with the data (the sink's home), else in memory. */
  readonly state?: StateStore
  /** Names `state` in reports and errors. */
  readonly statePlace?: string
  /** Abort to stop: the run flushes, keeps what is durable and reports `stopped`. */
  readonly signal?: AbortSignal
  /** Epoch milliseconds after which the process may be gone: the run stops before, with a margin learned from its slowest batch. */
  readonly deadlineAtMs?: number
  /** Splits run at once. Default 4; lowered to fit `memoryMiB`. */
  readonly concurrency?: number
  /** One budget for the run's buffers, in MiB. Default 64. */
  readonly memoryMiB?: number
  /** The trigger's identity: the same one twice changes nothing for 7 days. */
  readonly loadId?: string
  /** Ignore bookmarks and load everything anew. */
  readonly full?: boolean
  /** How long to wait for a live owner of the same state before giving up, in milliseconds. Default 0. */
  readonly waitMs?: number
  /** How long ownership holds without renewal, in milliseconds. Default 30,000; renewed every third of it. */
  readonly leaseMs?: number
  /** Who this run says it is. Default: this process. */
  readonly owner?: OwnerIdentity
  readonly onEvent?: OnEvent
  readonly log?: Logger
  readonly clock?: Clock
}

/** The parameters a caller may give to a pipeline. */
export type ParamsOf<P> = P extends Pipeline<infer S> ? StandardSchemaV1.InferInput<S> : never

const defaults: RunSettings = {
  // Often enough that a kill loses seconds, seldom enough that parts are few.
  flushEvery: { batches: 1_000, intervalMs: 5_000 },
  retry: { attempts: 4, firstMs: 500, maxMs: 30_000 },
  maxRejects: undefined,
}
/** Besides the sink's buffers: a batch being written and one read ahead, as records. */
const bytesPerOpenSplit = 2 * 1024 * 1024
/** Loads one call may begin because the source changed or a trigger found another load unfinished. */
const maxLoads = 3

/**
 * Runs a pipeline to its end, or to where it must stop.
 *
 * A failure while running is a report with status `failed`, not an exception: what was published stays, and the report says what was not.
 *
 * @param params - As given: they are validated by the pipeline's schema, all problems at once.
 * @throws ConfigError `ETL_PARAMS_INVALID` and other wrong use, before anything is read. StateError `ETL_STATE_CONFLICT` when another
 * run owns the state, naming its host, process and since when. SourceError when planning failed. StopError when it was asked to stop
 * before a load began.
 * @example
 * const report = await run(population, { since: 2010 })
 */
export async function run<S extends StandardSchemaV1>(
  pipeline: Pipeline<S>,
  params?: StandardSchemaV1.InferInput<S>,
  options: RunOptions = {},
): Promise<RunReport> {
  const runnable = pipeline.build(await parseParams(pipeline, params))
  return runBuilt(pipeline as unknown as Pipeline, runnable, params, options)
}

/** `run` with the runnable already built: for adapters and tests that changed its ends. */
export async function runBuilt(
  pipeline: Pipeline,
  runnable: Runnable,
  params: unknown,
  options: RunOptions = {},
): Promise<RunReport> {
  refuseBadOptions(options)
  runnable.prepare(pipeline.name)
  const clock = options.clock ?? systemClock
  const watch = stopWatch({ signal: options.signal, deadlineAtMs: options.deadlineAtMs, clock })
  const home = options.state ? undefined : runnable.home
  const session: Session = {
    pipeline,
    runnable,
    options,
    clock,
    watch,
    state: options.state ?? home?.state(pipeline.name) ?? memoryState(),
    statePlace: home?.place ?? options.statePlace ?? (options.state ? 'the given store' : memoryPlace),
    given: paramsAsGiven(params, pipeline.volatile),
  }
  refuseWeakerDelivery(session)
  try {
    return await runLoads(session)
  } finally {
    watch.dispose()
  }
}

interface Session {
  readonly pipeline: Pipeline
  readonly runnable: Runnable
  readonly options: RunOptions
  readonly clock: Clock
  readonly watch: StopWatch
  readonly state: StateStore
  readonly statePlace: string
  readonly given: ReturnType<typeof paramsAsGiven>
}

/**
 * Mostly one load. A second follows when the first was another trigger's unfinished one, or when groups failed because the source
 * changed under them: they are planned anew, the others keep what was published.
 */
async function runLoads(session: Session): Promise<RunReport> {
  const notes: string[] = []
  let before: RunReport | undefined
  for (let count = 1; ; count++) {
    const report = await runLoad(session, notes)
    const all: RunReport = before ? mergeReports(before, report) : report
    const otherTrigger = session.options.loadId !== undefined && report.loadId !== session.options.loadId
    const changed = report.groups.some(group => group.status === 'failed' && group.error?.code === 'ETL_SOURCE_CHANGED')
    const again = (otherTrigger && report.status === 'succeeded') || (changed && report.status === 'failed')
    if (!again || count >= maxLoads || session.watch.soft.aborted) return all
    if (changed) notes.push(`The source changed under load ${report.loadId}; what it changed is planned anew.`)
    before = all
  }
}

async function runLoad(session: Session, notes: string[]): Promise<RunReport> {
  const { options, runnable, pipeline, clock, watch } = session
  let lost: unknown
  const fenced = new AbortController()
  const begin: BeginOptions = {
    state: session.state,
    statePlace: session.statePlace,
    pipeline: pipeline.name,
    runnable,
    contextFor: (load, bookmarks) => runContext(session, load, bookmarks, AbortSignal.any([watch.soft, fenced.signal])),
    lease: {
      clock,
      me: options.owner ?? thisProcess(),
      leaseMs: options.leaseMs ?? 30_000,
      deadlineAtMs: options.deadlineAtMs,
      onLost: error => {
        lost = error
        fenced.abort(error)
      },
    },
    params: session.given.params,
    paramsKey: session.given.paramsKey,
    fingerprint: fingerprintOf(pipeline.version, session.given.paramsKey, runnable),
    triggerId: options.loadId,
    freshId: freshLoadId(clock.now()),
    full: options.full ?? false,
    waitMs: options.waitMs ?? 0,
    notes,
  }
  const begun = await beginPatiently(begin)
  if (begun.kind === 'nothing') return reportNothing(session, begun, notes)
  const ctx = runnerContext(session, begun, fenced.signal, notes)
  ctx.emit({
    type: 'load.started',
    attempt: begun.load.attempt,
    splits: begun.plan.splits.length,
    groups: new Set(begun.plan.splits.map(split => split.group ?? split.id)).size,
    resumed: begun.resumed,
  })
  for (const message of notes) ctx.emit({ type: 'note', message })
  try {
    const seen = await runSplits(runnable, begun, ctx)
    if (lost !== undefined) throw lost
    const conflict = seen.find(report => report.error?.code === 'ETL_STATE_CONFLICT')
    if (conflict) await begun.lease.assertOwned()
    const report = withSeen(await runnable.finish(ctx), seen)
    ctx.emit({ type: 'load.finished', report })
    return report
  } catch (error) {
    // Ownership ends with the run, whatever happened; a fenced run has none to give back.
    await begun.lease.release(begun.load).catch(() => undefined)
    throw error
  }
}

/** Two runs may plan at once; the slower finds its claim refused and looks again at what there is now. */
async function beginPatiently(begin: BeginOptions): Promise<Begun> {
  for (let attempt = 1; ; attempt++) {
    const notesBefore = begin.notes.length
    try {
      return await beginLoad(begin)
    } catch (error) {
      if (!isEtlError(error, 'ETL_STATE_CONFLICT') || error.context.host !== undefined || attempt >= 5) throw error
      begin.notes.length = notesBefore
    }
  }
}

async function runSplits(runnable: Runnable, begun: Begun & { kind: 'owned' }, ctx: RunnerContext): Promise<SplitReport[]> {
  const limit = pLimit(ctx.concurrency)
  const reports = await Promise.all(
    begun.plan.splits.map(split => limit(async () => (ctx.signal.aborted ? undefined : runnable.runSplit(split, ctx)))),
  )
  return reports.filter(report => report !== undefined)
}

/** What this run saw of its splits: attempts, durations and retries that state does not keep. */
function withSeen(report: RunReport, seen: readonly SplitReport[]): RunReport {
  const known = new Map(seen.map(each => [each.split, each]))
  const splits = report.splits.map(split => known.get(split.split) ?? split)
  const retries = splits.reduce((sum, split) => sum + split.counts.retries, 0)
  return { ...report, splits, counts: { ...report.counts, retries } }
}

function mergeReports(before: RunReport, after: RunReport): RunReport {
  const later = new Set(after.groups.map(group => group.group))
  const laterSplits = new Set(after.splits.map(split => split.split))
  const groups: GroupReport[] = [...before.groups.filter(group => !later.has(group.group)), ...after.groups]
  // What the second load skipped as unchanged is what the first published.
  const published = new Map(before.groups.filter(group => group.status === 'published').map(group => [group.group, group]))
  return {
    ...after,
    status: after.status === 'unchanged' ? before.status : after.status,
    startedAt: before.startedAt,
    durationMs: before.durationMs + after.durationMs,
    counts: addCounts(before.counts, after.counts),
    groups: groups.map(group => (group.status === 'unchanged' ? (published.get(group.group) ?? group) : group)),
    splits: [...before.splits.filter(split => !laterSplits.has(split.split) && split.status === 'committed'), ...after.splits],
  }
}

function reportNothing(session: Session, begun: Begun & { kind: 'nothing' }, notes: readonly string[]): RunReport {
  const { pipeline, runnable, clock } = session
  const groups = plannedGroups(begun.plan)
  const failure = groups.find(group => group.error !== undefined)
  const finishedAtMs = clock.now()
  const report: RunReport = {
    pipeline: pipeline.name,
    version: pipeline.version,
    status: failure ? 'failed' : 'unchanged',
    reason: failure ? 'nothing could be planned' : begun.reason,
    loadId: begun.load.loadId,
    attempt: begun.load.attempt,
    startedAt: new Date(begun.load.startedAtMs).toISOString(),
    finishedAt: new Date(finishedAtMs).toISOString(),
    durationMs: finishedAtMs - begun.load.startedAtMs,
    guarantee: runnable.explain(session.statePlace !== memoryPlace).guarantee,
    state: session.statePlace,
    counts: noCounts,
    groups,
    splits: [],
    rejects: { byReason: {}, samples: [] },
    left: 0,
    concurrency: concurrencyOf(session.options, runnable),
    notes: [...notes],
    ...(failure?.error === undefined ? {} : { error: failure.error }),
  }
  stamp(session, begun.load.loadId)({ type: 'load.finished', report })
  return report
}

function runContext(session: Session, load: Load, bookmarks: ReadonlyMap<string, Bookmark>, signal: AbortSignal): RunContext {
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

function runnerContext(session: Session, begun: Begun & { kind: 'owned' }, fenced: AbortSignal, notes: string[]): RunnerContext {
  const { options, watch } = session
  const { lease, load } = begun
  const identity: Load = { loadId: load.loadId, startedAtMs: load.startedAtMs, attempt: load.attempt, epoch: lease.epoch }
  return {
    ...runContext(session, identity, new Map(), AbortSignal.any([watch.soft, fenced])),
    state: session.state,
    statePlace: session.statePlace,
    settings: {
      flushEvery: options.flushEvery ?? defaults.flushEvery,
      retry: options.retry ?? defaults.retry,
      maxRejects: options.maxRejects,
    },
    concurrency: concurrencyOf(options, session.runnable, notes),
    notes,
    lease: lease as Lease,
    hardSignal: AbortSignal.any([watch.hard, fenced]),
    observeMs: watch.observeMs,
    shared: new Map(),
    emit: stamp(session, load.loadId),
  }
}

function concurrencyOf(options: RunOptions, runnable: Runnable, notes?: string[]): number {
  const wanted = Math.max(1, Math.floor(options.concurrency ?? 4))
  const perSplit = runnable.explain().bufferBytes + bytesPerOpenSplit
  const fits = Math.max(1, Math.floor(((options.memoryMiB ?? 64) * 1024 * 1024) / perSplit))
  if (fits < wanted && options.concurrency !== undefined) {
    notes?.push(`Splits run ${fits} at a time instead of ${wanted}: each may hold ${Math.ceil(perSplit / 1048576)} MiB.`)
  }
  return Math.min(wanted, fits)
}

function stamp(session: Session, loadId: string): (event: RunEventBody) => void {
  const { options, pipeline, clock } = session
  return event => {
    try {
      options.onEvent?.({ atMs: clock.now(), pipeline: pipeline.name, loadId, ...event } as RunEvent)
    } catch (error) {
      options.log?.warn('An event listener threw.', { error: errorJson(error) })
    }
  }
}

function freshLoadId(nowMs: number): string {
  return `${new Date(nowMs).toISOString().replace(/[-:.]/g, '').slice(0, 15)}Z-${randomBytes(4).toString('hex')}`
}

function refuseWeakerDelivery({ pipeline, runnable, statePlace }: Session): void {
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

function refuseBadOptions(options: RunOptions): void {
  const positive = { concurrency: options.concurrency, memoryMiB: options.memoryMiB, leaseMs: options.leaseMs }
  const problems = Object.entries(positive).flatMap(([name, value]) =>
    value === undefined || (Number.isFinite(value) && value > 0) ? [] : [`${name} must be a number above 0, and is ${value}`],
  )
  const { maxRejects: limit, loadId } = options
  const share = typeof limit === 'object' ? limit.share : undefined
  if (share !== undefined && !(share >= 0 && share <= 1))
    problems.push(`maxRejects.share must be between 0 and 1, and is ${share}`)
  if (typeof limit === 'number' && !(limit >= 0)) problems.push(`maxRejects must be 0 or more, and is ${limit}`)
  if (loadId === '') problems.push('loadId must not be empty')
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Run options are not valid: ${problems.join('; ')}.`)
}
