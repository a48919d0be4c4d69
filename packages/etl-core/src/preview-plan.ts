import { type HeadDoc, headKey, loadDoc, loadKeyOf, type PlanDoc, planKey } from './load-state.js'
import type { Pipeline } from './pipeline.js'
import { draftLoad, planWith } from './plan-load.js'
import type { Preview, PreviewedGroup } from './preview.js'
import { beginOptions } from './run-loads.js'
import type { RunOptions } from './run-options.js'
import type { Runnable } from './runnable.js'
import { openSession } from './session.js'
import { splitsByGroup } from './split.js'
import { memoryPlace } from './state.js'

/** See `preview` in `preview.ts`. */
export async function preview(pipeline: Pipeline, runnable: Runnable, params: unknown, options: RunOptions): Promise<Preview> {
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
