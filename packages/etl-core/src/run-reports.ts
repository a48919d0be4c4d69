import type { Begun } from './begin.js'
import { plannedGroups } from './finish.js'
import type { Load } from './load.js'
import { addCounts, type GroupReport, noCounts, type RunReport, type SplitReport } from './report.js'
import type { RunnerContext } from './runnable.js'
import { concurrencyOf, type Session, stamp } from './session.js'
import { splitsByGroup } from './split.js'
import { memoryPlace } from './state.js'
import { addReasons, maxSamples } from './tally.js'

/** What this run saw of its splits: attempts, durations and retries that state does not keep. */
export function withSeen(report: RunReport, seen: readonly SplitReport[]): RunReport {
  const known = new Map(seen.map(each => [each.split, each]))
  const splits = report.splits.map(split => known.get(split.split) ?? split)
  const retries = splits.reduce((sum, split) => sum + split.counts.retries, 0)
  // A failure that could not be saved is known to this run alone.
  const errorOf = (group: string) => seen.find(each => each.group === group && each.error)?.error
  const groups = report.groups.map(group => {
    const error = group.status === 'pending' ? errorOf(group.group) : undefined
    return error ? { ...group, status: 'failed' as const, error } : group
  })
  const error = report.error ?? groups.find(group => group.error)?.error
  return { ...report, groups, splits, counts: { ...report.counts, retries }, ...(error ? { error } : {}) }
}

/**
 * Two loads of one call as one report: the later load's word on a group counts.
 *
 * @param plannedAnew - The later load asked the source what there is: a group that had changed and of which it knows nothing has no data.
 */
export function mergeReports(before: RunReport, after: RunReport, plannedAnew: boolean): RunReport {
  const later = new Set(after.groups.map(group => group.group))
  const laterSplits = new Set(after.splits.map(split => split.split))
  const earlier = before.groups
    .filter(group => !later.has(group.group))
    .map(each => (plannedAnew && each.error?.code === 'ETL_SOURCE_CHANGED' ? noData(each) : each))
  // What the second load skipped as unchanged is what the first published.
  const published = new Map(before.groups.filter(group => group.status === 'published').map(group => [group.group, group]))
  const groups = [...earlier, ...after.groups].map(group =>
    group.status === 'unchanged' ? (published.get(group.group) ?? group) : group,
  )
  const status = mergedStatus(before, after, groups)
  const { error, reason, ...rest } = after
  const failure = status === 'failed' ? (error ?? groups.find(group => group.error)?.error ?? before.error) : error
  return {
    ...rest,
    status,
    // Why there was nothing more to do is no reason for how the whole ended.
    ...(reason === undefined || status !== after.status ? {} : { reason }),
    startedAt: before.startedAt,
    // Both are told since the run began.
    durationMs: after.durationMs,
    counts: addCounts(before.counts, after.counts),
    rejects: {
      byReason: addReasons(before.rejects.byReason, after.rejects.byReason),
      samples: [...before.rejects.samples, ...after.rejects.samples].slice(0, maxSamples),
    },
    groups,
    splits: [...before.splits.filter(split => !laterSplits.has(split.split) && split.status === 'committed'), ...after.splits],
    ...(failure === undefined ? {} : { error: failure }),
  }
}

const noData = ({ group }: GroupReport): GroupReport => ({ group, status: 'no data' })

/** A failure of the first load is none any more where the second could say more of the group: that it has no data, for one. */
function mergedStatus(before: RunReport, after: RunReport, groups: readonly GroupReport[]): RunReport['status'] {
  if (after.status === 'stopped') return 'stopped'
  if (groups.some(({ status }) => status === 'failed')) return 'failed'
  if (after.status !== 'unchanged' || before.status !== 'failed')
    return after.status === 'unchanged' ? before.status : after.status
  return groups.some(({ status }) => status === 'published') ? 'succeeded' : 'unchanged'
}

/** The report of a load whose state could not be read or written when it was to be finished: what this run saw of it. */
export function reportUnfinished(
  session: Session,
  begun: Begun & { kind: 'owned' },
  seen: readonly SplitReport[],
  ctx: RunnerContext,
): RunReport {
  const errorOf = (group: string) => seen.find(each => each.group === group && each.error)?.error
  const groups = [...splitsByGroup(begun.plan.splits).keys()].map((group): GroupReport => {
    const error = errorOf(group)
    return error ? { group, status: 'failed', error } : { group, status: 'pending' }
  })
  const error = groups.find(group => group.error)?.error
  return {
    ...reportNow(session, begun.load),
    status: 'failed',
    counts: seen.reduce((sum, { counts }) => addCounts(sum, counts), noCounts),
    groups: [...groups, ...plannedGroups(begun.plan)],
    splits: seen,
    left: begun.plan.splits.length - seen.filter(({ status }) => status === 'committed').length,
    notes: [...ctx.notes],
    ...(error === undefined ? {} : { error }),
  }
}

/** What every report says, of a load that has done nothing. */
function reportNow(
  session: Session,
  load: Pick<Load, 'loadId' | 'attempt' | 'startedAtMs'>,
): Omit<RunReport, 'status' | 'groups' | 'notes'> {
  const { pipeline, runnable, clock } = session
  const finishedAtMs = clock.now()
  return {
    pipeline: pipeline.name,
    version: pipeline.version,
    loadId: load.loadId,
    attempt: load.attempt,
    startedAt: new Date(load.startedAtMs).toISOString(),
    finishedAt: new Date(finishedAtMs).toISOString(),
    durationMs: finishedAtMs - session.beganAtMs,
    guarantee: runnable.explain(session.statePlace !== memoryPlace).guarantee,
    state: session.statePlace,
    counts: noCounts,
    splits: [],
    rejects: { byReason: {}, samples: [] },
    left: 0,
    concurrency: concurrencyOf(session.options, runnable),
  }
}

/** The report of a run that had nothing to do. */
export function reportNothing(session: Session, begun: Begun & { kind: 'nothing' }, notes: readonly string[]): RunReport {
  const groups = plannedGroups(begun.plan)
  const failure = groups.find(group => group.error !== undefined)
  const report: RunReport = {
    ...reportNow(session, begun.load),
    status: begun.stopped ? 'stopped' : failure ? 'failed' : 'unchanged',
    reason: failure ? 'nothing could be planned' : begun.reason,
    groups,
    notes: [...notes],
    ...(failure?.error === undefined ? {} : { error: failure.error }),
  }
  stamp(session, begun.load.loadId)({ type: 'load.finished', report })
  return report
}
