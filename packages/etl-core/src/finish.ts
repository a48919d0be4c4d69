import { atOnce } from './at-once.js'
import { markDone } from './done.js'
import { type ErrorJson, errorJson, isEtlError, StateError } from './errors.js'
import { type GroupOutcome, openBookmarks, settleGroup } from './groups.js'
import { guaranteeOf } from './guarantee.js'
import type { Tally } from './load-state.js'
import {
  type HeadDoc,
  headKey,
  type LoadDoc,
  loadDoc,
  loadKeyOf,
  type PlanDoc,
  planKey,
  removeDoc,
  type SplitDoc,
  splitKey,
} from './load-state.js'
import { leastForShare, tooManyRejects } from './max-rejects.js'
import { keepForNext } from './next.js'
import { sweepReplayed } from './replay.js'
import { type GroupReport, noCounts, type RunReport, type RunStatus, type SplitReport } from './report.js'
import { withRetry } from './retry.js'
import type { RunnerContext } from './runnable.js'
import { settleRejects } from './settle-rejects.js'
import type { Sink } from './sink.js'
import type { Source } from './source.js'
import { type FailedGroup, groupOf, type Plan, splitsByGroup } from './split.js'
import { peekSplit } from './split-state.js'
import { memoryPlace, type StateStore } from './state.js'
import { addTallies, emptyTally } from './tally.js'
import { orAborted } from './wait.js'

/**
 * Ends what can be ended: publishes complete groups, saves their bookmarks, and closes the load if nothing more can come of it. Every
 * step is repeatable, so it goes on after a crash like a split.
 */
export async function finishLoad(
  parts: { source: Source<unknown>; sink: Sink<unknown> },
  ctx: RunnerContext,
): Promise<RunReport> {
  const loadKey = loadKeyOf(ctx.load.loadId)
  const head = (await loadDoc<HeadDoc>(ctx.state, headKey)).value
  // After the head was read: an owner's head holds its load.
  await ctx.lease.assertOwned()
  const load = head?.load as LoadDoc
  const planned = (await loadDoc<PlanDoc>(ctx.state, planKey(loadKey))).value ?? noPlanLeft(load)
  const docs: ReadonlyMap<string, SplitDoc | undefined> = new Map(
    await atOnce(planned.plan.splits, async ({ id }) => [id, await peekSplit(ctx.state, loadKey, id)] as const),
  )
  const total = [...docs.values()].reduce<Tally>((sum, doc) => addTallies(sum, doc?.tally ?? emptyTally), emptyTally)

  const refused = loadRefused(total, ctx)
  const outcomes = load.closing
    ? decidedBefore(planned.plan, load.closing.failed)
    : refused
      ? refuseAll(planned.plan, refused, ctx)
      : await settleAll(parts.sink, planned, docs, load.fingerprint, ctx)
  const groups = [...outcomes.map(outcome => outcome.report), ...plannedGroups(planned.plan)]
  if (appendsAgain(parts.sink, load)) noteUnmarked(outcomes, ctx)
  const report = () =>
    buildReport({ ...parts, groups, docs, plan: planned.plan, total, decided: load.closing !== undefined, ctx })
  const end = async () => {
    if (staysOpen(outcomes, load)) return ctx.lease.release(load)
    // Before anything says that the load is done: who follows must not be lost.
    if (ctx.keepsForNext && !load.closing) await keepForNext(ctx.state, load, report())
    return closeLoad(parts.sink, load, planned, groups, ctx)
  }
  const unsaved = await end().catch(stateFailure)
  return unsaved ? failedBy(unsaved, report()) : report()
}

/**
 * An error of state, such as a full disk, as something to report beside what the run did. Others are thrown, and so is a conflict: then the
 * load is another run's.
 */
export function stateFailure(error: unknown): ErrorJson {
  if (!isEtlError(error) || !/^ETL_STATE_(UNAVAILABLE|DENIED|NOT_FOUND)$/.test(error.code)) throw error
  return errorJson(error)
}

/** What failed before is the report's error, as it may be why state could not be saved; a note says that. */
export function failedBy(unsaved: ErrorJson, report: RunReport): RunReport {
  if (!report.error) return { ...report, status: 'failed', error: unsaved }
  const note = `How far the load is could not be saved: ${unsaved.message} [${unsaved.code}]`
  return { ...report, status: 'failed', notes: [...report.notes, note] }
}

/** A load that was being closed may have lost its plan already. Any other without one has published nothing and must not look complete. */
function noPlanLeft({ loadId, closing }: LoadDoc): PlanDoc {
  if (closing) return { format: 1, plan: { splits: [] }, found: {} }
  throw new StateError(
    'ETL_STATE_CONFLICT',
    `The plan of load ${loadId} is gone from state: someone else changed it. Run again.`,
    {
      context: { loadId },
    },
  )
}

async function settleAll(
  sink: Sink<unknown>,
  planned: PlanDoc,
  docs: ReadonlyMap<string, SplitDoc | undefined>,
  fingerprint: string,
  ctx: RunnerContext,
): Promise<GroupOutcome[]> {
  const bookmarks = await openBookmarks(ctx)
  const outcomes: GroupOutcome[] = []
  try {
    for (const [group, splits] of splitsByGroup(planned.plan.splits)) {
      if (ctx.hardSignal.aborted) outcomes.push({ report: { group, status: 'pending' }, keepsOpen: 'always' })
      else outcomes.push(await settleGroup(sink, group, splits, docs, planned, fingerprint, bookmarks, ctx))
    }
  } finally {
    await bookmarks.save()
  }
  return outcomes
}

/** Whether another load may add to this one's: a trigger's happens once, and so does a replay. */
function appendsAgain({ capabilities }: Sink<unknown>, { triggered, replay }: LoadDoc): boolean {
  return capabilities.disposition === 'append' && !triggered && !replay
}

/** The guarantee is about one load. That the next one doubles everything is not wrong, and hardly ever what was meant. */
function noteUnmarked(outcomes: readonly GroupOutcome[], ctx: RunnerContext): void {
  const unmarked = outcomes.filter(outcome => outcome.unmarked).map(({ report }) => report.group)
  if (unmarked.length === 0) return
  const names = `${unmarked.slice(0, 5).join(', ')}${unmarked.length > 5 ? ' and others' : ''}`
  ctx.notes.push(
    unmarked.length === outcomes.length
      ? 'The source gives no bookmarks: the next load appends everything again.'
      : `The source gives no bookmark for ${names}: the next load appends what is there again.`,
  )
}

/** Judges a share of rejects over the whole load, before anything of it is visible. */
function loadRefused(total: Tally, ctx: RunnerContext): ErrorJson | undefined {
  const limit = ctx.settings.maxRejects
  if (limit === undefined || typeof limit === 'number') return undefined
  const { read, rejected } = total.counts
  return read >= leastForShare && rejected > limit.share * read ? errorJson(tooManyRejects('The load', total, limit)) : undefined
}

/** The outcomes of a load that died while it was being closed. */
function decidedBefore(plan: Plan, failed: readonly FailedGroup[]): GroupOutcome[] {
  const errors = new Map(failed.map(({ group, error }) => [group, error]))
  // The plan may be gone already; what failed is reported all the same.
  const groups = new Set([...splitsByGroup(plan.splits).keys(), ...errors.keys()])
  for (const { group } of plan.failed ?? []) groups.delete(group)
  return [...groups].map(group => {
    const error = errors.get(group)
    return { report: error ? { group, status: 'failed', error } : { group, status: 'published' }, keepsOpen: false }
  })
}

function refuseAll(plan: Plan, error: ErrorJson, ctx: RunnerContext): GroupOutcome[] {
  return [...splitsByGroup(plan.splits).keys()].map(group => {
    ctx.emit({ type: 'group.failed', group, error })
    return { report: { group, status: 'failed', error }, keepsOpen: false }
  })
}

/**
 * A load with work left stays open. One that only failed stays open once, for the next run to go on with; if that does not help either it
 * is closed, so that what fails does not keep new data of the others waiting; except where a sink that appends may have shown a part of it.
 */
function staysOpen(outcomes: readonly GroupOutcome[], load: LoadDoc): boolean {
  if (outcomes.some(outcome => outcome.keepsOpen === 'always')) return true
  return load.attempt === 1 && outcomes.some(outcome => outcome.keepsOpen === 'once')
}

/**
 * The head is cleared last: a crash before that finds the load again, sees its groups published, and cleans up once more. If cleaning up
 * fails, what was published stands all the same: the load stays open for the next run to clean up.
 */
async function closeLoad(
  sink: Sink<unknown>,
  load: LoadDoc,
  planned: PlanDoc,
  groups: readonly GroupReport[],
  ctx: RunnerContext,
): Promise<void> {
  const loadKey = loadKeyOf(load.loadId)
  // The soft stop must not cut off what takes a moment and leaves nothing to do.
  const ending = { ...ctx, signal: ctx.hardSignal }
  await ctx.lease.assertOwned()
  const failed = groups.flatMap(({ group, error }) => (error ? [{ group, error }] : []))
  const closing: LoadDoc = { ...load, closing: { failed } }
  if (!load.closing) await ctx.lease.setLoad(closing)
  const state = stateUntil(ctx.hardSignal, ctx.state)
  const cleanUp = async () => {
    if (load.triggered && groups.every(({ status }) => status !== 'failed')) await markDone(state, load.loadId, ctx.clock.now())
    await orAborted(Promise.resolve(sink.discard?.(load.loadId, ending)), ctx.hardSignal)
    await settleRejects(state, { loadKey, splits: planned.plan.splits, groups }, sink.capabilities.disposition)
    if (planned.replays) await sweepReplayed(state)
    await atOnce(planned.plan.splits, ({ id }) => removeDoc(state, splitKey(loadKey, id)))
    await removeDoc(state, planKey(loadKey))
  }
  try {
    // All of it can be repeated. A run that is told to stop leaves it to the next one sooner.
    await withRetry(cleanUp, ctx.signal.aborted ? { attempts: 1 } : { ...ctx.settings.retry, signal: ctx.signal })
  } catch (error) {
    if (isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
    ctx.notes.push(
      `What load ${load.loadId} left behind could not be removed; the next run tries again: ${errorJson(error).message}`,
    )
    return ctx.lease.release(closing)
  }
  await ctx.lease.release(null)
}

/** State of which nothing more is asked once the signal aborts: of very many splits there are very many documents to remove. */
function stateUntil(signal: AbortSignal, state: StateStore): StateStore {
  const call = async <V>(act: () => Promise<V>): Promise<V> => {
    signal.throwIfAborted()
    return act()
  }
  return {
    load: key => call(() => state.load(key)),
    save: (key, value, expected) => call(() => state.save(key, value, expected)),
    remove: (key, expected) => call(() => state.remove(key, expected)),
    list: prefix => state.list(prefix),
  }
}

/** Groups that the plan itself settled. */
export function plannedGroups(plan: Plan): GroupReport[] {
  return [
    ...(plan.skipped ?? []).map(({ group, reason }): GroupReport => ({ group, status: reason })),
    ...(plan.failed ?? []).map(({ group, error }): GroupReport => ({ group, status: 'failed', error })),
  ]
}

/** What a report is made of. */
export interface ReportParts {
  readonly source: Source<unknown>
  readonly sink: Sink<unknown>
  readonly groups: readonly GroupReport[]
  readonly docs: ReadonlyMap<string, SplitDoc | undefined>
  readonly plan: Plan
  readonly total: Tally
  /** An earlier attempt has done all of it and only had no time to clean up: what is gone of its splits is not left to do. */
  readonly decided: boolean
  readonly ctx: RunnerContext
}

function buildReport({ source, sink, groups, docs, plan, total, decided, ctx }: ReportParts): RunReport {
  const failure = groups.find(group => group.status === 'failed')
  const splits = plan.splits.filter(({ id }) => !decided || docs.get(id))
  const left = splits.filter(split => !docs.get(split.id)?.receipt && !docs.get(split.id)?.error).length
  const pending = groups.some(group => group.status === 'pending')
  const status: RunStatus = pending && ctx.signal.aborted ? 'stopped' : failure || pending ? 'failed' : 'succeeded'
  const finishedAtMs = ctx.clock.now()
  if (status === 'stopped' && failure)
    ctx.notes.push(`Group ${failure.group} failed before the run stopped: ${failure.error?.message}`)
  return {
    pipeline: ctx.pipeline,
    version: ctx.version,
    status,
    ...(status === 'stopped' ? { reason: String((ctx.signal.reason as Error | undefined)?.message ?? 'stopped') } : {}),
    loadId: ctx.load.loadId,
    attempt: ctx.load.attempt,
    startedAt: new Date(ctx.load.startedAtMs).toISOString(),
    finishedAt: new Date(finishedAtMs).toISOString(),
    durationMs: finishedAtMs - ctx.beganAtMs,
    guarantee: guaranteeOf(source.capabilities, sink.capabilities, ctx.statePlace !== memoryPlace),
    state: ctx.statePlace,
    counts: total.counts,
    groups,
    splits: splits.map((split): SplitReport => splitReport(split.id, groupOf(split), docs.get(split.id))),
    rejects: { byReason: total.byReason, samples: total.samples },
    left,
    concurrency: ctx.concurrency,
    notes: [...ctx.notes],
    ...(failure?.error === undefined ? {} : { error: failure.error }),
  }
}

/** A split as state tells it; `run` puts in what it saw itself. */
function splitReport(split: string, group: string, doc: SplitDoc | undefined): SplitReport {
  return {
    split,
    group,
    status: doc?.receipt ? 'committed' : doc?.error ? 'failed' : doc?.checkpoint ? 'stopped' : 'pending',
    counts: doc?.tally.counts ?? noCounts,
    attempts: 0,
    durationMs: 0,
    ...(doc?.error === undefined ? {} : { error: doc.error }),
  }
}
