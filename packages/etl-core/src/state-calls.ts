import type { DamagedRejects } from './damaged-rejects.js'
import { loadedOnce } from './loaded-once.js'
import type { Reject } from './reject.js'
import type { RejectFilter } from './rejects.js'
import type { StateStore } from './state.js'
import type { StateSummary } from './state-view.js'

const rejectStore = loadedOnce(() => import('./rejects.js'))
const stateView = loadedOnce(() => import('./state-view.js'))

// What looks into state is imported when it is first called: most processes never do.

/**
 * All stored rejects that fit, in order of load, split and batch. Those that were replayed are no longer there.
 *
 * @param onDamaged - Told of each document that cannot be read, in its place; the others follow.
 * @throws StateError `ETL_STATE_CORRUPT` at the first such document, if nobody is to be told.
 */
export async function* listRejects(
  state: StateStore,
  filter: RejectFilter = {},
  onDamaged?: (damaged: DamagedRejects) => void,
): AsyncIterable<Reject> {
  const rejects = await rejectStore()
  yield* rejects.listRejects(state, filter, onDamaged)
}

/**
 * Forgets rejects for good. Documents that cannot be read go too, unless `filter` asks for what only stands inside: stage, issue, reason.
 *
 * @param onDamaged - Told of each document that could not be read, and whether it is gone. Those in it are not counted.
 * @returns How many.
 * @throws StateError `ETL_STATE_CORRUPT` where such a document stays and nobody is to be told. All others are gone then.
 */
export async function discardRejects(
  state: StateStore,
  filter: RejectFilter,
  onDamaged?: (damaged: DamagedRejects, gone: boolean) => void,
): Promise<number> {
  const rejects = await rejectStore()
  return rejects.discardRejects(state, filter, onDamaged)
}

/** Reads a pipeline's state without changing it. */
export async function inspectState(state: StateStore, nowMs: number = Date.now()): Promise<StateSummary> {
  const view = await stateView()
  return view.inspectState(state, nowMs)
}

/**
 * Forgets everything a pipeline's state holds but its epoch: the next run loads everything anew. Published data stays. Rejects are
 * removed too, so look at them first. What is damaged is removed like the rest: if that is the head, nobody can tell whether a run owns the
 * state, and the epoch begins anew.
 *
 * @returns How many documents were removed.
 * @throws StateError `ETL_STATE_CONFLICT` while a live run owns the state.
 */
export async function resetState(
  state: StateStore,
  pipeline: string,
  place: string,
  nowMs: number = Date.now(),
): Promise<number> {
  const view = await stateView()
  return view.resetState(state, pipeline, place, nowMs)
}
