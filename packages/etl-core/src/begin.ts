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
  markerKey,
  type PlanDoc,
  planKey,
  type ReplayDoc,
  removeDoc,
  saveDoc,
  splitKey,
  type Versioned,
} from './load-state.js'
import { isAlive, ownedByAnother } from './owner.js'
import { rejectsPrefix } from './rejects.js'
import { planReplay, replayLoadId } from './replay.js'
import type { Runnable } from './runnable.js'
import type { Bookmark, Plan } from './split.js'
import type { StateStore } from './state.js'
import { delay } from './wait.js'

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
  readonly fingerprint: string
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
  /** Nothing to do; nothing was written. */
  | { readonly kind: 'nothing'; readonly load: Load; readonly plan: Plan; readonly reason: string; readonly stopped?: boolean }

/**
 * Takes up the unfinished load, or plans a new one. Until something is to be done nothing is written: a run that finds nothing new
 * leaves every file as it is. Of two runs that planned the same load, the second's claim is refused and it looks again.
 */
export async function beginLoad(options: BeginOptions): Promise<Begun> {
  const { state, triggerId } = options
  const head = await freeHead(options)
  if (triggerId !== undefined && (await state.load(markerKey(loadKeyOf(triggerId))))) {
    return nothing(options, triggerId, { splits: [] }, `load ${triggerId} was done before`)
  }
  const unfinished = head.value?.load ?? null
  if (unfinished && !options.full && unfinished.paramsKey === options.paramsKey) return resumeLoad(head, unfinished, options)
  if (unfinished) {
    await abandonLoad(head, unfinished, options)
    return beginLoad(options)
  }
  return newLoad(head, options)
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
    const planned = (await loadDoc<PlanDoc>(options.state, planKey(loadKeyOf(load.loadId)))).value
    if (planned) {
      options.notes.push(`Load ${load.loadId} was unfinished and is taken up again (attempt ${load.attempt}).`)
      return { kind: 'owned', lease, load, plan: planned.plan, resumed: true }
    }
    // It died between the claim and the plan: nothing of it was decided yet, so it is planned now.
    const { plan, replays } = await (load.replay ? planRejects(load.replay, load, options) : planWith(load, options))
    await freezePlan(lease, load, plan, replays, options)
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
  if (replay && replayId === undefined) return nothing(options, options.freshId, { splits: [] }, 'no rejects to replay')
  const loadId = replayId ?? options.triggerId ?? options.freshId
  const draft = draftLoad(loadId, options)
  const { plan, replays, notes } = await (replay ? planRejects(replay, draft, options) : planWith(draft, options))
  if (plan.splits.length === 0) return nothing(options, loadId, plan, replay ? notes.join(' ') : reasonForNothing(plan))
  const load: LoadDoc = {
    loadId,
    startedAtMs: draft.startedAtMs,
    attempt: 1,
    params: options.params,
    paramsKey: options.paramsKey,
    fingerprint: options.fingerprint,
    triggered: !replay && options.triggerId !== undefined,
    ...(replay ? { replay } : {}),
  }
  return owning(head, load, options, async lease => {
    options.notes.push(...notes)
    await freezePlan(lease, load, plan, replays, options)
    return { kind: 'owned', lease, load, plan, resumed: false }
  })
}

type Planned = { readonly plan: Plan; readonly replays?: PlanDoc['replays']; readonly notes: readonly string[] }

async function planRejects(replay: ReplayDoc, load: Load | LoadDoc, options: BeginOptions): Promise<Planned> {
  return planReplay(replay, options.state, options.runnable, options.contextFor(loadOf(load, 0), new Map()))
}

/** Plans with the bookmarks that still hold: same fingerprint, and what was published is still there. Writes nothing. */
export async function planWith(load: Load | LoadDoc, options: BeginOptions): Promise<Planned> {
  const book = (await loadDoc<BookmarksDoc>(options.state, bookmarksKey)).value?.groups ?? {}
  const bookmarks = new Map<string, Bookmark>()
  const probe = options.contextFor(loadOf(load, 0), bookmarks)
  const other: string[] = []
  const gone: string[] = []
  for (const [group, entry] of options.full ? [] : Object.entries(book)) {
    if (entry.bookmark === undefined) continue
    if (entry.fingerprint !== options.fingerprint) other.push(group)
    else if (await options.runnable.stillPublished(group, probe)) bookmarks.set(group, entry.bookmark)
    else gone.push(group)
  }
  const plan = await options.runnable.plan(options.contextFor(loadOf(load, 0), bookmarks))
  const planned = new Set(plan.splits.map(split => split.group ?? split.id))
  const affected = (groups: string[]) => groups.filter(group => planned.has(group)).join(', ')
  const notes: string[] = []
  if (affected(other))
    notes.push(`Loaded anew and replaced, because parameters, version, schema or layout changed: ${affected(other)}.`)
  if (affected(gone)) notes.push(`Loaded anew, because what was published is no longer there as it was: ${affected(gone)}.`)
  return { plan, notes }
}

/** From here on the load is what the plan says, however often it is taken up. */
async function freezePlan(
  lease: Lease,
  load: LoadDoc,
  plan: Plan,
  replays: PlanDoc['replays'],
  options: BeginOptions,
): Promise<void> {
  const key = planKey(loadKeyOf(load.loadId))
  const found = await options.runnable.survey(plan, options.contextFor(loadOf(load, lease.epoch), new Map()))
  const doc: PlanDoc = { format: 1, plan, found, ...(replays === undefined ? {} : { replays }) }
  await saveDoc(options.state, key, doc, (await loadDoc(options.state, key)).version)
}

/** Removes an unfinished load that these parameters do not continue, with its rejects: nothing of it was ever visible. */
async function abandonLoad(head: Versioned<HeadDoc>, load: LoadDoc, options: BeginOptions): Promise<void> {
  const loadKey = loadKeyOf(load.loadId)
  const why = options.full ? 'everything is loaded anew' : 'the parameters are others now'
  options.notes.push(`Load ${load.loadId} was unfinished and is abandoned, because ${why}.`)
  await owning(head, load, options, async lease => {
    await options.runnable.discard(load.loadId, options.contextFor(loadOf(load, lease.epoch), new Map()))
    const planned = (await loadDoc<PlanDoc>(options.state, planKey(loadKey))).value
    for (const split of planned?.plan.splits ?? []) {
      await removeDoc(options.state, splitKey(loadKey, split.id))
      for await (const key of options.state.list(rejectsPrefix(loadKey, split.id))) await removeDoc(options.state, key)
    }
    await removeDoc(options.state, planKey(loadKey))
    await lease.release(null)
  })
}

function nothing(options: BeginOptions, loadId: string, plan: Plan, reason: string): Begun {
  return { kind: 'nothing', load: draftLoad(loadId, options), plan, reason }
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

/** The fingerprint a bookmark is stored with. */
export function fingerprintOf(version: string, paramsKey: string, runnable: Runnable): string {
  return hashOf({ version, paramsKey, runnable: runnable.fingerprint() }, 32)
}
