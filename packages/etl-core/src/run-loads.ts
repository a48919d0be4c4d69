import pLimit from 'p-limit'
import { type Begun, beginLoad, fingerprintOf } from './begin.js'
import type { BeginOptions } from './begin-options.js'
import { isEtlError } from './errors.js'
import { failedBy, stateFailure } from './finish.js'
import { hashOf } from './json.js'
import { type BookmarksDoc, bookmarksKey, type HeadDoc, headKey, type LoadDoc, loadDoc } from './load-state.js'
import { followerOptions, type LoadsInHand, runFollowers, type StartNext } from './next.js'
import { removeLane } from './overlap.js'
import { thisProcess } from './owner.js'
import { parseParams } from './params.js'
import type { Pipeline } from './pipeline.js'
import type { RunReport, SplitReport } from './report.js'
import { countingRequests, type Requests } from './requests.js'
import type { RunOptions } from './run-options.js'
import { mergeReports, reportNothing, reportUnfinished, withSeen } from './run-reports.js'
import type { Runnable, RunnerContext } from './runnable.js'
import { freshLoadId, openSession, runContext, runnerContext, type Session } from './session.js'
import { groupOf } from './split.js'

/** Loads one call may begin because the source changed or a trigger found another load unfinished. */
const maxLoads = 3

/** One call's loads and what follows them. `inHand`: the loads that wait for this one to end. */
export async function runAmong(
  inHand: LoadsInHand,
  pipeline: Pipeline,
  runnable: Runnable,
  params: unknown,
  options: RunOptions,
): Promise<RunReport> {
  // What follows counts its own.
  return countingRequests(async requests => {
    const session = await openSession(pipeline, runnable, params, options)
    try {
      const report = await runLoads(session)
      return withRequests(await withFollowers(session, report, inHand), requests())
    } finally {
      session.watch.dispose()
    }
  })
}

const withRequests = (report: RunReport, requests: Requests): RunReport =>
  Object.keys(requests).length === 0 ? report : { ...report, requests }

/** What follows runs when this run's own loads are done and nobody is owner any more. A run that stopped leaves it to the next one. */
async function withFollowers(session: Session, report: RunReport, inHand: LoadsInHand): Promise<RunReport> {
  const { pipeline, state, options, watch } = session
  if (!pipeline.next || report.status === 'stopped') return report
  const inProcess =
    (among: LoadsInHand): StartNext =>
    async ({ pipeline, params, loadId }) => {
      const runnable = pipeline.build(await parseParams(pipeline, params), options.cwd)
      return runAmong(among, pipeline, runnable, params, { ...followerOptions(options), loadId })
    }
  const startWith = (among: LoadsInHand) => options.startNext ?? inProcess(among)
  const next = await runFollowers(pipeline, state, { signal: watch.soft, inHand, startWith })
  return next.length === 0 ? report : { ...report, next }
}

/**
 * Mostly one load. Another follows where the first was an unfinished one that had to come first, where it only failed again and now must
 * not keep new data waiting, and where groups failed because the source changed under them: they are planned anew.
 */
async function runLoads(session: Session): Promise<RunReport> {
  const notes: string[] = []
  let before: RunReport | undefined
  for (let count = 1; ; count++) {
    const { report, asked, closed, resumed, planned } = await runLoad(session, notes)
    const all: RunReport = before ? mergeReports(before, report, planned) : report
    const failed = report.status === 'failed'
    const changed = failed && report.groups.some(group => group.error?.code === 'ETL_SOURCE_CHANGED')
    const done = !closed || session.watch.soft.aborted || count >= maxLoads || (asked && !changed && !(failed && resumed))
    if (done) {
      if (closed && session.inLane) await removeLane(session.state)
      return all
    }
    if (changed) notes.push(`The source changed under load ${report.loadId}; what it changed is planned anew.`)
    else if (failed) notes.push(`Load ${report.loadId} failed again and is given up; its groups are planned anew.`)
    before = all
  }
}

/** How one load went. */
interface LoadRun {
  readonly report: RunReport
  /** False when it was an unfinished one that had to come first. */
  readonly asked: boolean
  /** Nothing of it is left to do. */
  readonly closed: boolean
  readonly resumed: boolean
  /** The source was asked what there is. */
  readonly planned: boolean
}

async function runLoad(session: Session, notes: string[]): Promise<LoadRun> {
  const told = notes.length
  const { watch } = session
  let lost: unknown
  const fenced = new AbortController()
  const begin = beginOptions(session, notes, fenced.signal, error => {
    lost = error
    fenced.abort(error)
  })
  const begun = await beginPatiently(begin, watch.soft)
  if (begun.kind === 'nothing') {
    const { planned } = begun
    return { report: reportNothing(session, begun, notes), asked: true, closed: true, resumed: false, planned }
  }
  const runnable = begun.load.replay?.mode === 'records' ? session.runnable.replaying(session.state) : session.runnable
  const ctx = runnerContext(session, begun, fenced.signal, notes)
  ctx.emit({
    type: 'load.started',
    attempt: begun.load.attempt,
    splits: begun.plan.splits.length,
    groups: new Set(begun.plan.splits.map(split => split.group ?? split.id)).size,
    resumed: begun.resumed,
  })
  for (const message of notes.slice(told)) ctx.emit({ type: 'note', message })
  try {
    const seen = await runSplits(runnable, begun, ctx)
    if (lost !== undefined) throw lost
    const conflict = seen.find(report => report.error?.code === 'ETL_STATE_CONFLICT')
    if (conflict) await begun.lease.assertOwned()
    const report = withSeen(await finished(runnable, session, begun, seen, ctx), seen)
    ctx.emit({ type: 'load.finished', report })
    const closed = await isClosed(session, begun.load, report)
    const { resumed, load } = begun
    return { report, asked: isAsked(load, begin), closed, resumed, planned: !resumed && !load.replay }
  } catch (error) {
    // Ownership ends with the run, whatever happened; a fenced run has none to give back.
    await begun.lease.giveBack().catch(() => undefined)
    throw error
  }
}

/** Ends the load. Where state fails then and something had failed before, both are reported: the one may be the reason of the other. */
async function finished(
  runnable: Runnable,
  session: Session,
  begun: Begun & { kind: 'owned' },
  seen: readonly SplitReport[],
  ctx: RunnerContext,
): Promise<RunReport> {
  try {
    return await runnable.finish(ctx)
  } catch (error) {
    if (!seen.some(each => each.error)) throw error
    const unsaved = stateFailure(error)
    await begun.lease.giveBack().catch(() => undefined)
    return failedBy(unsaved, reportUnfinished(session, begun, seen, ctx))
  }
}

async function isClosed({ state }: Session, load: LoadDoc, { status }: RunReport): Promise<boolean> {
  try {
    return (await loadDoc<HeadDoc>(state, headKey)).value?.load?.bornEpoch !== load.bornEpoch
  } catch (error) {
    // What has failed is told; state that is away meanwhile ends the run without hiding it.
    if (status === 'failed') return false
    throw error
  }
}

/** Whether a load is what the caller wants: this trigger's, this replay, or simply what is new. */
function isAsked(load: LoadDoc, begin: BeginOptions): boolean {
  if (begin.replay || load.replay) return hashOf(begin.replay ?? null) === hashOf(load.replay ?? null)
  return begin.triggerId === undefined || begin.triggerId === load.loadId
}

/** @internal What beginning a load needs, for `run` and `preview`. */
export function beginOptions(
  session: Session,
  notes: string[],
  fenced: AbortSignal,
  onLost: (error: unknown) => void,
): BeginOptions {
  const { options, runnable, pipeline, clock, watch } = session
  return {
    state: session.state,
    statePlace: session.statePlace,
    pipeline: pipeline.name,
    runnable,
    contextFor: (load, bookmarks) => runContext(session, load, bookmarks, AbortSignal.any([watch.soft, fenced])),
    lease: {
      clock,
      me: options.owner ?? thisProcess(),
      leaseMs: options.leaseMs ?? 30_000,
      deadlineAtMs: options.deadlineAtMs,
      onLost,
    },
    params: session.given.params,
    paramsKey: session.given.paramsKey,
    ...fingerprintOf(pipeline.version, session.given.groupParamsKey, runnable),
    groupParamsKey: session.given.groupParamsKey,
    keepBookmarks: options.keepBookmarks ?? false,
    triggerId: options.loadId,
    freshId: freshLoadId(clock.now()),
    full: options.full ?? false,
    replay: options.replay && { mode: runnable.replays, filter: options.replay },
    waitMs: options.waitMs ?? 0,
    notes,
  }
}

/**
 * Two runs may plan at once; the slower finds its claim refused and looks again at what there is now. A stop while planning ends the run
 * as stopped: nothing was begun.
 */
async function beginPatiently(begin: BeginOptions, stop: AbortSignal): Promise<Begun> {
  for (let attempt = 1; ; attempt++) {
    const notesBefore = begin.notes.length
    try {
      stop.throwIfAborted()
      // What another run has taken over keeps its id: what is begun instead has one of its own.
      return await beginLoad(attempt === 1 ? begin : { ...begin, freshId: freshLoadId(begin.lease.clock.now()) })
    } catch (error) {
      if (stop.aborted && !isEtlError(error, 'ETL_STATE_CONFLICT')) return notBegun(begin)
      if (!isEtlError(error, 'ETL_STATE_CONFLICT') || error.context.host !== undefined || attempt >= 5) throw error
      begin.notes.length = notesBefore
    }
  }
}

function notBegun(begin: BeginOptions): Begun {
  const load = { loadId: begin.triggerId ?? begin.freshId, startedAtMs: begin.lease.clock.now(), attempt: 1, epoch: 0 }
  return { kind: 'nothing', load, plan: { splits: [] }, reason: 'before anything was begun', planned: false, stopped: true }
}

/** Groups this load has published already: a crash while it was being closed may have left their splits without a document. */
async function publishedBy(ctx: RunnerContext): Promise<ReadonlySet<string>> {
  const groups = (await loadDoc<BookmarksDoc>(ctx.state, bookmarksKey)).value?.groups ?? {}
  return new Set(Object.keys(groups).filter(group => groups[group]?.bornEpoch === ctx.bornEpoch))
}

async function runSplits(runnable: Runnable, begun: Begun & { kind: 'owned' }, ctx: RunnerContext): Promise<SplitReport[]> {
  const limit = pLimit(ctx.concurrency)
  if (begun.load.closing) return []
  const published = begun.resumed ? await publishedBy(ctx) : new Set<string>()
  const todo = begun.plan.splits.filter(split => !published.has(groupOf(split)))
  const ended = await Promise.allSettled(
    todo.map(split => limit(async () => (ctx.signal.aborted ? undefined : runnable.runSplit(split, ctx)))),
  )
  // Only when all have ended: none may write after the run has given ownership back.
  for (const each of ended) if (each.status === 'rejected') throw each.reason
  return ended.flatMap(each => (each.status === 'fulfilled' && each.value ? [each.value] : []))
}
