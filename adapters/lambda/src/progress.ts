import { canonicalJson, EtlError, type Json, type RunReport } from '@millrace/etl-core'
import type { PassedOn } from './events/asked.js'

/** How far a load and what follows it have come, of what is durable. One that was stopped while it was planned has no name of its own yet. */
function progressOf({ counts, splits, groups, loadId, next = [] }: RunReport): Json {
  if (splits.length === 0 && groups.length === 0) return null
  return {
    loadId,
    batches: counts.batches,
    committed: splits.filter(({ status }) => status === 'committed').length,
    settled: groups.filter(({ status }) => status !== 'pending').length,
    next: next.map(({ loadId, report }) => (report ? progressOf(report) : loadId)),
  }
}

/**
 * What the next invocation is told of a load that stopped.
 *
 * @param before - What this one was told.
 * @throws EtlError `ETL_NO_PROGRESS` when so many invocations in a row came no further: the next would not either.
 */
export function passedOnAfter(report: RunReport, before: PassedOn | undefined, mostInVain: number): PassedOn {
  const progress = progressOf(report)
  const removed = report.groups.some(group => (group.removed ?? 0) > 0)
  const further = removed || before === undefined || canonicalJson(progress) !== canonicalJson(before.progress)
  const inVain = further ? 0 : before.inVain + 1
  if (inVain >= mostInVain) throw noProgress(report, inVain)
  return { times: (before?.times ?? 0) + 1, progress, inVain }
}

function noProgress({ pipeline, loadId, splits, groups, durationMs }: RunReport, inVain: number): EtlError {
  const unfinished = splits.filter(({ status }) => status === 'stopped' || status === 'pending')
  const names = unfinished.slice(0, 3).map(({ split, group }) => `split "${split}" of group "${group}"`)
  const more = unfinished.length > names.length ? ` and ${unfinished.length - names.length} more` : ''
  const waiting = groups.filter(({ status }) => status === 'pending').map(({ group }) => `"${group}"`)
  const publishing = `publishing ${waiting.slice(0, 3).join(', ') || 'its groups'}`
  const what = splits.length === 0 ? 'planning' : names.length > 0 ? `${names.join(', ')}${more}` : publishing
  return new EtlError(
    'ETL_NO_PROGRESS',
    `Load ${loadId} of pipeline "${pipeline}" came no further in ${inVain} invocations, the last of ${Math.round(durationMs / 1000)} s: ` +
      `${what} ${names.length > 1 ? 'need' : 'needs'} more time than one invocation has. Give the function a longer timeout, ` +
      'or the source smaller splits and batches.',
    { context: { loadId, splits: unfinished.slice(0, 20).map(({ split }) => split) } },
  )
}
