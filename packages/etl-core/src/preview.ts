import { loadedOnce } from './loaded-once.js'
import type { Pipeline } from './pipeline.js'
import type { RunOptions } from './run-options.js'
import type { Explanation, Runnable } from './runnable.js'

const previewPlan = loadedOnce(() => import('./preview-plan.js'))

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
  const plan = await previewPlan()
  return plan.preview(pipeline, runnable, params, options)
}
