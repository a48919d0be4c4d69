import { ConfigError } from './errors.js'
import { bookmarksKey, headKey, loadKeyOf, removeDoc } from './load-state.js'
import type { Runnable } from './runnable.js'
import type { StateStore } from './state.js'

/**
 * State for one of several loads that run at the same time: it owns a head and bookmarks of its own, `lanes/<load>/…`, and shares the rest,
 * whose keys name the load anyway: plans, splits, rejects, and the marks of what is done.
 */
export function laneState(state: StateStore, loadId: string): StateStore {
  const own = (key: string) => (key === headKey || key === bookmarksKey ? `lanes/${loadKeyOf(loadId)}/${key}` : key)
  return {
    load: key => state.load(own(key)),
    save: (key, value, expected) => state.save(own(key), value, expected),
    remove: (key, expected) => state.remove(own(key), expected),
    list: prefix => state.list(prefix),
  }
}

/** Removes a lane whose load is done: what is left to say of it is that mark. */
export async function removeLane(lane: StateStore): Promise<void> {
  await removeDoc(lane, bookmarksKey)
  await removeDoc(lane, headKey)
}

/**
 * Loads may overlap only where writing at the same time does no harm: into a sink that merges by key or keeps the cursor in its own
 * transaction. Objects that are replaced whole would show whichever load came last.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID`.
 */
export function refuseOverlap(pipeline: string, runnable: Runnable): void {
  if (runnable.mayOverlap) return
  throw new ConfigError(
    'ETL_CONFIG_INVALID',
    `Pipeline "${pipeline}" says overlap: 'allow', and its sink neither merges by key nor keeps the cursor in its transaction.`,
  )
}
