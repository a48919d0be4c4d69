import pLimit from 'p-limit'
import { requestsAtOnce } from './at-once.js'
import type { BeginOptions } from './begin-options.js'
import { ConfigError } from './errors.js'
import type { Load } from './load.js'
import {
  type BookmarksDoc,
  bookmarksKey,
  type LoadDoc,
  loadDoc,
  loadKeyOf,
  type PlanDoc,
  planKey,
  type ReplayDoc,
  saveDoc,
} from './load-state.js'
import { planReplay } from './replay.js'
import { type Bookmark, checkedPlan, groupOf, type Plan } from './split.js'
import type { StateStore } from './state.js'
import { orAborted } from './wait.js'

/** A plan, and what is to be said of it. */
export type Planned = { readonly plan: Plan; readonly replays?: PlanDoc['replays']; readonly notes: readonly string[] }

/** Plans rejects to be run again. Writes nothing. */
export async function planRejects(replay: ReplayDoc, load: Load | LoadDoc, options: BeginOptions): Promise<Planned> {
  const ctx = options.contextFor(loadOf(load, 0), new Map())
  return planReplay(replay, { state: options.state, runnable: options.runnable, ctx, groupParamsKey: options.groupParamsKey })
}

/** Plans with the bookmarks that still hold: same fingerprint, and what was published is still there. Writes nothing. */
export async function planWith(load: Load | LoadDoc, options: BeginOptions): Promise<Planned> {
  const book = (await loadDoc<BookmarksDoc>(options.state, bookmarksKey)).value?.groups ?? {}
  const bookmarks = new Map<string, Bookmark>()
  const probe = options.contextFor(loadOf(load, 0), bookmarks)
  const other: string[] = []
  const gone: string[] = []
  const look = pLimit(requestsAtOnce)
  const judged = Object.entries(options.full ? {} : book).map(async ([group, entry]) => {
    if (entry.bookmark === undefined) return
    if (entry.fingerprint !== options.fingerprint && !options.keepBookmarks) other.push(group)
    else if (await look(() => options.runnable.stillPublished(group, probe))) bookmarks.set(group, entry.bookmark)
    else gone.push(group)
  })
  await Promise.all(judged)
  if (other.length > 0 && options.runnable.disposition === 'append') throw wouldAppendAgain(other, options)
  const ctx = options.contextFor(loadOf(load, 0), bookmarks)
  const plan = checkedPlan(await orAborted(options.runnable.plan(ctx), ctx.signal))
  const planned = new Set(plan.splits.map(groupOf))
  const affected = (groups: string[]) =>
    groups
      .filter(group => planned.has(group))
      .sort()
      .join(', ')
  const notes: string[] = []
  if (affected(other))
    notes.push(`Loaded anew and replaced, because parameters, version, schema or layout changed: ${affected(other)}.`)
  if (affected(gone)) notes.push(`Loaded anew, because what was published is no longer there as it was: ${affected(gone)}.`)
  return { plan, notes }
}

function wouldAppendAgain(groups: readonly string[], { pipeline }: BeginOptions): ConfigError {
  return new ConfigError(
    'ETL_BOOKMARKS_OTHER',
    `Pipeline "${pipeline}" has bookmarks made with other parameters, version, schema or layout (${groups.slice(0, 5).join(', ')}). Its sink ` +
      'appends, so loading those groups anew would double them. Go on from the bookmarks (--keep-bookmarks), or append everything again (--full).',
    { context: { groups: groups.slice(0, 50) } },
  )
}

/** What lies at the groups' places. Reads only. */
export async function surveyed(load: LoadDoc, plan: Plan, options: BeginOptions): Promise<PlanDoc['found']> {
  const ctx = options.contextFor(loadOf(load, load.bornEpoch), new Map())
  return orAborted(options.runnable.survey(plan, ctx), ctx.signal)
}

/** From here on the load is what the plan says, however often it is taken up. */
export async function freezePlan(
  load: LoadDoc,
  { plan, found, replays }: Pick<PlanDoc, 'plan' | 'found'> & { readonly replays?: PlanDoc['replays'] | undefined },
  state: StateStore,
): Promise<void> {
  const key = planKey(loadKeyOf(load.loadId))
  const doc: PlanDoc = { format: 1, plan, found, ...(replays === undefined ? {} : { replays }) }
  await saveDoc(state, key, doc, (await loadDoc(state, key)).version)
}

/** A load that is not begun yet. */
export function draftLoad(loadId: string, options: BeginOptions): Load {
  return { loadId, startedAtMs: options.lease.clock.now(), attempt: 1, epoch: 0 }
}

/** A load as plug-ins are told of it. */
export const loadOf = (load: Load | LoadDoc, epoch: number): Load => ({
  loadId: load.loadId,
  startedAtMs: load.startedAtMs,
  attempt: load.attempt,
  epoch,
})

/** Why a plan has no splits. */
export function reasonForNothing(plan: Plan): string {
  const skipped = plan.skipped ?? []
  if (skipped.length > 0 && skipped.every(({ reason }) => reason === 'no data')) return 'no data'
  return 'nothing new'
}
