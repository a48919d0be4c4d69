import { atOnce } from './at-once.js'
import type { BeginOptions } from './begin-options.js'
import { isDone } from './done.js'
import { ConfigError } from './errors.js'
import { fencedState } from './fenced-state.js'
import { hashOf } from './json.js'
import { type Lease, takeLease } from './lease.js'
import type { Load } from './load.js'
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
  removeDoc,
  saveDoc,
  splitKey,
  type Versioned,
} from './load-state.js'
import { forgetNext } from './next.js'
import { isAlive, ownedByAnother } from './owner.js'
import { draftLoad, freezePlan, loadOf, planRejects, planWith, reasonForNothing, surveyed } from './plan-load.js'
import { dropRejectsAfter } from './rejects.js'
import { replayLoadId } from './replay.js'
import type { Runnable } from './runnable.js'
import { groupOf, type Plan } from './split.js'
import type { StateStore } from './state.js'
import { delay } from './wait.js'

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
    await delay(Math.min(500, untilMs - clock.now()), signal, clock)
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
