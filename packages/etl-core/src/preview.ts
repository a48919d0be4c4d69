import { type HeadDoc, headKey, loadDoc, loadKeyOf, type PlanDoc, planKey } from './load-state.js'
import type { Pipeline } from './pipeline.js'
import type { RunOptions } from './run-options.js'
import type { Explanation, Runnable } from './runnable.js'
import { splitsByGroup } from './split.js'
import { memoryPlace } from './state.js'

/** What a run would do now. */
export interface Preview {
  readonly explanation: Explanation
  /** Where state and rejects would be. */
  readonly state: string
  /** The unfinished load a run would take up; null if it would plan a new one, which is then planned here. */
  readonly resumes: string | null
  readonly groups: readonly PreviewedGroup[]
  /** Bookmarks set aside, and why. */
  readonly notes: readonly string[]
}

/** What would happen to one group, and why. */
export interface PreviewedGroup {
  readonly group: string
  readonly action: 'load' | 'skip' | 'fail'
  readonly reason: string
  readonly splits: number
}

/**
 * Asks the source what a run would read now, as `run` does before it begins, and writes nothing.
 *
 * @throws What planning throws: SourceError when the source cannot be asked, ConfigError when the parts do not fit.
 */
export async function preview(
  pipeline: Pipeline,
  runnable: Runnable,
  params: unknown,
  options: RunOptions = {},
): Promise<Preview> {
  // Planned as a run plans it, and imported as late.
  const [{ draftLoad, planWith }, { beginOptions }, { openSession }] = await Promise.all([
    import('./plan-load.js'),
    import('./run-loads.js'),
    import('./session.js'),
  ])
  const session = await openSession(pipeline, runnable, params, options)
  try {
    const begin = beginOptions(session, [], new AbortController().signal, () => {})
    const about = { explanation: runnable.explain(session.statePlace !== memoryPlace), state: session.statePlace }
    const unfinished = (await loadDoc<HeadDoc>(session.state, headKey)).value?.load
    if (unfinished && unfinished.paramsKey === begin.paramsKey && !begin.full) {
      const planned = (await loadDoc<PlanDoc>(session.state, planKey(loadKeyOf(unfinished.loadId)))).value
      if (planned) return { ...about, resumes: unfinished.loadId, groups: groupsOf(planned.plan, 'unfinished'), notes: [] }
    }
    const { plan, notes } = await planWith(draftLoad(begin.freshId, begin), begin)
    return { ...about, resumes: null, groups: groupsOf(plan, 'new or changed'), notes }
  } finally {
    session.watch.dispose()
  }
}

function groupsOf(plan: PlanDoc['plan'], why: string): PreviewedGroup[] {
  return [
    ...[...splitsByGroup(plan.splits)].map(
      ([group, splits]): PreviewedGroup => ({ group, action: 'load', reason: why, splits: splits.length }),
    ),
    ...(plan.skipped ?? []).map(({ group, reason }): PreviewedGroup => ({ group, action: 'skip', reason, splits: 0 })),
    ...(plan.failed ?? []).map(
      ({ group, error }): PreviewedGroup => ({ group, action: 'fail', reason: error.message, splits: 0 }),
    ),
  ]
}
