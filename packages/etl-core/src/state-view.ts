import { atOnce } from './at-once.js'
import type { Json } from './json.js'
import { takeLease } from './lease.js'
import {
  type BookmarksDoc,
  bookmarksKey,
  type HeadDoc,
  headKey,
  loadDoc,
  loadKeyOf,
  type PlanDoc,
  planKey,
  removeDoc,
  type SplitDoc,
  splitKey,
} from './load-state.js'
import { isAlive, ownedByAnother, thisProcess } from './owner.js'
import { listRejects } from './rejects.js'
import type { Counts } from './report.js'
import { noCounts } from './report.js'
import { type Bookmark, groupOf } from './split.js'
import type { StateStore } from './state.js'

/** What a pipeline's state says, as plain JSON: for people and for `millrace state show`. */
export interface StateSummary {
  /** Grows with every run that owned the state; 0 if none did. */
  readonly epoch: number
  readonly owner: {
    readonly host: string
    readonly pid: number
    readonly since: string
    readonly until: string
    readonly alive: boolean
  } | null
  /** The unfinished load, if there is one. */
  readonly load: {
    readonly loadId: string
    readonly attempt: number
    readonly startedAt: string
    readonly params: Json
    readonly splits: readonly SplitSummary[]
  } | null
  /** What was published last, by group. */
  readonly groups: Readonly<Record<string, { readonly bookmark: Bookmark | null; readonly loadId: string }>>
  /** Stored rejects by load, oldest first. */
  readonly rejects: readonly { readonly loadId: string; readonly count: number }[]
}

/** How far one split of the unfinished load is. */
export interface SplitSummary {
  readonly split: string
  readonly group: string
  readonly status: 'committed' | 'failed' | 'begun' | 'waiting'
  /** The last saved batch; 0 before the first. */
  readonly batchNo: number
  readonly counts: Counts
  readonly error?: string
}

/** See `inspectState` in `state-calls.ts`. */
export async function inspectState(state: StateStore, nowMs: number = Date.now()): Promise<StateSummary> {
  const head = (await loadDoc<HeadDoc>(state, headKey)).value
  const book = (await loadDoc<BookmarksDoc>(state, bookmarksKey)).value
  const owner = head?.owner ?? null
  return {
    epoch: head?.epoch ?? 0,
    owner: owner && {
      host: owner.host,
      pid: owner.pid,
      since: new Date(owner.sinceMs).toISOString(),
      until: new Date(owner.expiresAtMs).toISOString(),
      alive: isAlive(owner, nowMs, thisProcess()),
    },
    load: head?.load ? await inspectLoad(state, head.load) : null,
    groups: Object.fromEntries(
      Object.entries(book?.groups ?? {}).map(([group, entry]) => [
        group,
        { bookmark: entry.bookmark ?? null, loadId: entry.loadId },
      ]),
    ),
    rejects: await countRejects(state),
  }
}

async function inspectLoad(state: StateStore, load: NonNullable<HeadDoc['load']>): Promise<NonNullable<StateSummary['load']>> {
  const loadKey = loadKeyOf(load.loadId)
  const planned = (await loadDoc<PlanDoc>(state, planKey(loadKey))).value
  const splits = await atOnce(planned?.plan.splits ?? [], async (split): Promise<SplitSummary> => {
    const doc = (await loadDoc<SplitDoc>(state, splitKey(loadKey, split.id))).value
    return {
      split: split.id,
      group: groupOf(split),
      status: doc?.receipt ? 'committed' : doc?.error ? 'failed' : doc ? 'begun' : 'waiting',
      batchNo: doc?.checkpoint?.batchNo ?? 0,
      counts: doc?.tally.counts ?? noCounts,
      ...(doc?.error === undefined ? {} : { error: doc.error.message }),
    }
  })
  const { loadId, attempt, params } = load
  return { loadId, attempt, startedAt: new Date(load.startedAtMs).toISOString(), params, splits }
}

async function countRejects(state: StateStore): Promise<{ loadId: string; count: number }[]> {
  const counts = new Map<string, number>()
  for await (const { loadId } of listRejects(state)) counts.set(loadId, (counts.get(loadId) ?? 0) + 1)
  return [...counts].map(([loadId, count]) => ({ loadId, count }))
}

/** See `resetState` in `state-calls.ts`. */
export async function resetState(
  state: StateStore,
  pipeline: string,
  place: string,
  nowMs: number = Date.now(),
): Promise<number> {
  const repaired = await state.repair?.(headKey)
  const head = await loadDoc<HeadDoc>(state, headKey)
  const owner = head.value?.owner
  if (owner && isAlive(owner, nowMs, thisProcess())) throw ownedByAnother(owner, pipeline, place)
  if (!head.value && !repaired) return 0
  // Owned while documents are removed, so that no run begins meanwhile; the epoch stays and grows: earlier owners are refused.
  const clock = { now: () => nowMs }
  const lease = await takeLease(head, null, { state, clock, me: thisProcess(), leaseMs: 60_000, onLost: () => {} })
  const keys: string[] = []
  for await (const key of state.list('')) if (key !== headKey) keys.push(key)
  await atOnce(keys, async key => {
    await state.repair?.(key)
    await removeDoc(state, key)
  })
  await lease.release(null)
  return keys.length
}
