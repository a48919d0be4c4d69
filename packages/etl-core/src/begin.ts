import pLimit from 'p-limit'
import { atOnce, requestsAtOnce } from './at-once.js'
import { isDone } from './done.js'
import { ConfigError } from './errors.js'
import { fencedState } from './fenced-state.js'
import { hashOf, type Json } from './json.js'
import { type Lease, type LeaseOptions, takeLease } from './lease.js'
import type { Load, RunContext } from './load.js'
import {
  type BookmarksDoc,
  bookmarksKey,
  type HeadDoc,
  headKey,
  type LoadDoc,
  loadDoc,
  loadKeyOf,
  type PlanDoc,
  planKey,
  type ReplayDoc,
  removeDoc,
  saveDoc,
  splitKey,
  type Versioned,
} from './load-state.js'
import { forgetNext } from './next.js'
import { isAlive, ownedByAnother } from './owner.js'
import { dropRejectsAfter } from './rejects.js'
import { planReplay, replayLoadId } from './replay.js'
import type { Runnable } from './runnable.js'
import { type Bookmark, checkedPlan, groupOf, type Plan } from './split.js'
import type { StateStore } from './state.js'
import { delay, orAborted } from './wait.js'

/** What beginning a load needs to know. */
export interface BeginOptions {
  readonly state: StateStore
  readonly statePlace: string
  readonly pipeline: string
  readonly runnable: Runnable
  /** A context for calls made before the load is owned. */
  contextFor(load: Load, bookmarks: ReadonlyMap<string, Bookmark>): RunContext
  readonly lease: Omit<LeaseOptions, 'state'>
  readonly params: Json
  readonly paramsKey: string
  readonly groupParamsKey: string
  readonly fingerprint: string
  readonly layoutKey: string
  readonly keepBookmarks: boolean
  /** From the trigger, if it has an identity. */
  readonly triggerId: string | undefined
  /** Made for this load if nothing unfinished is taken up. */
  readonly freshId: string
  readonly full: boolean
  /** Run rejects again instead of loading what is new. */
  readonly replay: ReplayDoc | undefined
  readonly waitMs: number
  readonly notes: string[]
}

/** How a load began. */
export type Begun =
  | { readonly kind: 'owned'; readonly lease: Lease; readonly load: LoadDoc; readonly plan: Plan; readonly resumed: boolean }
  /** Nothing to do; nothing was written. `planned`: the source said so. */
  | {
      readonly kind: 'nothing'
      readonly load: Load
      readonly plan: Plan
      readonly reason: string
      readonly planned: boolean
      readonly stopped?: boolean
    }

/**
 * Takes up the unfinished load, or plans a new one. Until something is to be done nothing is written: a run that finds nothing new
 * leaves every file as it is. Of two runs that planned the same load, the second's claim is refused and it looks again.
 */
export async function beginLoad(options: BeginOptions): Promise<Begun> {
  const { state, triggerId } = options
  const head = await freeHead(options)
  const unfinished = head.value?.load ?? null
  const own = triggerId === undefined || unfinished?.loadId === triggerId
  if (triggerId !== undefined && !own && (await isDone(state, triggerId, options.lease.clock.now()))) {
    return nothing(options, triggerId, `load ${triggerId} was done before`)
  }
  if (!unfinished) return newLoad(head, options)
  const against = whyNotResumed(unfinished, options)
  if (against === undefined) return resumeLoad(head, unfinished, options)
  if (options.runnable.finishesFirst) throw mustFinish(unfinished, against, options)
  await abandonLoad(head, unfinished, against, options)
  return beginLoad(options)
}

/** Why an unfinished load cannot be taken up; `undefined` if it can. Other code in steps is no reason: a fix may be what it waits for. */
function whyNotResumed(unfinished: LoadDoc, options: BeginOptions): string | undefined {
  if (unfinished.closing) return undefined
  if (options.full && !unfinished.full) return 'everything is loaded anew'
  if (unfinished.paramsKey !== options.paramsKey) return 'the parameters are others now'
  if (unfinished.layoutKey !== options.layoutKey) return 'source, record schema, layout or format are others now'
  return undefined
}

function mustFinish({ loadId }: LoadDoc, why: string, { pipeline }: BeginOptions): ConfigError {
  return new ConfigError(
    'ETL_MOVE_UNFINISHED',
    `Pipeline "${pipeline}" has an unfinished move, load ${loadId}, which cannot be taken up because ${why}. Nothing else may begin before it ` +
      'is finished. Run it as it was begun; the state shows with which parameters (millrace state show).',
    { context: { loadId } },
  )
}

/** The head, once no live run owns it. */
async function freeHead(options: BeginOptions): Promise<Versioned<HeadDoc>> {
  const { clock, me } = options.lease
  const untilMs = clock.now() + options.waitMs
  for (;;) {
    const head = await loadDoc<HeadDoc>(options.state, headKey)
    const owner = head.value?.owner
    if (!owner || !isAlive(owner, clock.now(), me)) return head
    if (clock.now() >= untilMs) throw ownedByAnother(owner, options.pipeline, options.statePlace)
    const { signal } = options.contextFor(draftLoad(options.freshId, options), new Map())
    await delay(Math.min(500, untilMs - clock.now()), signal)
    signal.throwIfAborted()
  }
}

async function resumeLoad(head: Versioned<HeadDoc>, unfinished: LoadDoc, options: BeginOptions): Promise<Begun> {
  const load = { ...unfinished, attempt: unfinished.attempt + 1 }
  return owning(head, load, options, async lease => {
    const state = fencedState(options.state, lease)
    const key = planKey(loadKeyOf(load.loadId))
    const { value: planned, version } = await loadDoc<PlanDoc>(state, key)
    if (load.closing) return { kind: 'owned', lease, load, plan: planned?.plan ?? { splits: [] }, resumed: true }
    if (planned) {
      // Saved again, as splits are when they are taken: an earlier owner that wakes now can no longer take its plan back.
      await saveDoc(state, key, planned, version)
      options.notes.push(`Load ${load.loadId} was unfinished and is taken up again (attempt ${load.attempt}).`)
      return { kind: 'owned', lease, load, plan: planned.plan, resumed: true }
    }
    // It died between the claim and the plan: nothing of it was decided yet, so it is planned now.
    const { plan, replays } = await (load.replay ? planRejects(load.replay, load, options) : planWith(load, options))
    await freezePlan(load, { plan, found: await surveyed(load, plan, options), replays }, state)
    return { kind: 'owned', lease, load, plan, resumed: false }
  })
}

/** Takes ownership for `act`, and gives it back if that fails: the process lives on and must not look like an owner. */
async function owning<V>(
  head: Versioned<HeadDoc>,
  load: LoadDoc,
  options: BeginOptions,
  act: (lease: Lease) => Promise<V>,
): Promise<V> {
  const lease = await takeLease(head, load, { ...options.lease, state: options.state })
  try {
    return await act(lease)
  } catch (error) {
    // The first error counts; a lease that cannot be given back either runs out.
    await lease.release(load).catch(() => undefined)
    throw error
  }
}

async function newLoad(head: Versioned<HeadDoc>, options: BeginOptions): Promise<Begun> {
  const { replay } = options
  const replayId = replay && (await replayLoadId(options.state, replay.filter))
  if (replay && replayId === undefined) return nothing(options, options.freshId, 'no rejects to replay')
  const loadId = replayId ?? options.triggerId ?? options.freshId
  const draft = draftLoad(loadId, options)
  const { plan, replays, notes } = await (replay ? planRejects(replay, draft, options) : planWith(draft, options))
  if (plan.splits.length === 0) {
    const reason = replay ? notes.join(' ') : reasonForNothing(plan)
    return { ...nothing(options, loadId, reason), plan, planned: !replay }
  }
  const load: LoadDoc = {
    loadId,
    startedAtMs: draft.startedAtMs,
    attempt: 1,
    params: options.params,
    paramsKey: options.paramsKey,
    fingerprint: options.fingerprint,
    layoutKey: options.layoutKey,
    bornEpoch: nextEpoch(head),
    full: options.full,
    groupParamsKey: options.groupParamsKey,
    triggered: !replay && options.triggerId !== undefined,
    ...(replay ? { replay } : {}),
  }
  // Before the claim, so that a layout that cannot be leaves nothing behind. It is still what the load found: the claim is refused if
  // another run has owned the state since the head was read.
  const found = await surveyed(load, plan, options)
  return owning(head, load, options, async lease => {
    options.notes.push(...notes)
    await freezePlan(load, { plan, found, replays }, fencedState(options.state, lease))
    return { kind: 'owned', lease, load, plan, resumed: false }
  })
}

const nextEpoch = (head: Versioned<HeadDoc>): number => (head.value?.epoch ?? 0) + 1

type Planned = { readonly plan: Plan; readonly replays?: PlanDoc['replays']; readonly notes: readonly string[] }

async function planRejects(replay: ReplayDoc, load: Load | LoadDoc, options: BeginOptions): Promise<Planned> {
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
async function surveyed(load: LoadDoc, plan: Plan, options: BeginOptions): Promise<PlanDoc['found']> {
  const ctx = options.contextFor(loadOf(load, load.bornEpoch), new Map())
  return orAborted(options.runnable.survey(plan, ctx), ctx.signal)
}

/** From here on the load is what the plan says, however often it is taken up. */
async function freezePlan(
  load: LoadDoc,
  { plan, found, replays }: Pick<PlanDoc, 'plan' | 'found'> & { readonly replays?: PlanDoc['replays'] | undefined },
  state: StateStore,
): Promise<void> {
  const key = planKey(loadKeyOf(load.loadId))
  const doc: PlanDoc = { format: 1, plan, found, ...(replays === undefined ? {} : { replays }) }
  await saveDoc(state, key, doc, (await loadDoc(state, key)).version)
}

/**
 * Removes an unfinished load that is not taken up. Groups it has published stay, with their bookmarks and rejects; of the others nothing
 * was ever visible.
 */
async function abandonLoad(head: Versioned<HeadDoc>, load: LoadDoc, why: string, options: BeginOptions): Promise<void> {
  const { runnable } = options
  const loadKey = loadKeyOf(load.loadId)
  options.notes.push(`Load ${load.loadId} was unfinished and is abandoned, because ${why}.`)
  await owning(head, load, options, async lease => {
    const state = fencedState(options.state, lease)
    await runnable.discard(load.loadId, options.contextFor(loadOf(load, lease.epoch), new Map()))
    const planned = (await loadDoc<PlanDoc>(state, planKey(loadKey))).value
    const book = await takenBookmarks(state)
    await atOnce(planned?.plan.splits ?? [], async split => {
      await removeDoc(state, splitKey(loadKey, split.id))
      if (book[groupOf(split)]?.bornEpoch !== load.bornEpoch) await dropRejectsAfter(state, loadKey, split, 0)
    })
    await removeDoc(state, planKey(loadKey))
    await forgetNext(state, load)
    await lease.release(null)
  })
}

/** What is published, saved again: an earlier owner that wakes now can no longer add to it what would then count as published. */
async function takenBookmarks(state: StateStore): Promise<BookmarksDoc['groups']> {
  const { value, version } = await loadDoc<BookmarksDoc>(state, bookmarksKey)
  const taken: BookmarksDoc = value ?? { format: 1, groups: {} }
  await saveDoc(state, bookmarksKey, taken, version)
  return taken.groups
}

function nothing(options: BeginOptions, loadId: string, reason: string): Begun & { readonly kind: 'nothing' } {
  return { kind: 'nothing', load: draftLoad(loadId, options), plan: { splits: [] }, reason, planned: false }
}

/** A load that is not begun yet. */
export function draftLoad(loadId: string, options: BeginOptions): Load {
  return { loadId, startedAtMs: options.lease.clock.now(), attempt: 1, epoch: 0 }
}

const loadOf = (load: Load | LoadDoc, epoch: number): Load => ({
  loadId: load.loadId,
  startedAtMs: load.startedAtMs,
  attempt: load.attempt,
  epoch,
})

function reasonForNothing(plan: Plan): string {
  const skipped = plan.skipped ?? []
  if (skipped.length > 0 && skipped.every(({ reason }) => reason === 'no data')) return 'no data'
  return 'nothing new'
}

/** The fingerprint a bookmark is stored with, and the part of it that staged work depends on. */
export function fingerprintOf(
  version: string,
  groupParamsKey: string,
  runnable: Runnable,
): { fingerprint: string; layoutKey: string } {
  const what = runnable.fingerprint()
  const staged = runnable.stagedWith?.()
  const whatKey = hashOf(what, 32)
  return {
    layoutKey: staged === undefined ? whatKey : hashOf([what, staged], 32),
    fingerprint: hashOf({ version, groupParamsKey, layoutKey: whatKey }, 32),
  }
}
