import { atOnce } from './at-once.js'
import { ConfigError } from './errors.js'
import { hashOf, type Json } from './json.js'
import type { RunContext } from './load.js'
import { type BookmarksDoc, bookmarksKey, changeDoc, type RejectSet, type ReplayDoc } from './load-state.js'
import type { Reject } from './reject.js'
import { type FoundRejects, findRejects, type RejectDoc, type RejectFilter, removeRejects } from './rejects.js'
import type { Runnable } from './runnable.js'
import { groupOf, type Plan, type Split, splitId } from './split.js'
import type { StateStore } from './state.js'

/** Groups of replayed records are the runner's own: they have no bookmark and vanish with the load. */
const replayGroup = 'replay:'
/** What a replay will do. */
export interface ReplayPlan {
  readonly plan: Plan
  /** By group: the rejects that are done once it is published. */
  readonly replays: Readonly<Record<string, RejectSet>>
  readonly notes: readonly string[]
}

/**
 * The name of a replay's load: that of the set of rejects. Interrupted and asked for again it is the same load, and what it appends is
 * named after it.
 */
export async function replayLoadId(state: StateStore, filter: RejectFilter): Promise<string | undefined> {
  const keys: Json[] = []
  for await (const { key, at } of findRejects(state, filter)) keys.push([key, at])
  return keys.length === 0 ? undefined : `replay-${hashOf(keys)}`
}

/** What planning a replay needs. */
export interface ReplayParts {
  readonly state: StateStore
  readonly runnable: Runnable
  readonly ctx: RunContext
  readonly groupParamsKey: string
}

function otherParams({ doc, at }: FoundRejects): ConfigError {
  const loadId = doc.rejects[at[0] as number]?.loadId ?? ''
  return new ConfigError(
    'ETL_REJECTS_OTHER',
    `The rejects of load ${loadId} were made with other parameters. Replay them with those, or choose others by load.`,
    { context: { loadId } },
  )
}

/**
 * Plans the replay of the rejects that fit the filter. `ctx` carries no bookmarks: what was read before is to be read again. One document is
 * held at a time; of each only its name, its group and positions are kept.
 */
export async function planReplay(replay: ReplayDoc, { state, runnable, ctx, groupParamsKey }: ReplayParts): Promise<ReplayPlan> {
  const found = madeWith(groupParamsKey, findRejects(state, replay.filter))
  return replay.mode === 'groups' ? planGroups(found, runnable, ctx) : planRecords(found, runnable.disposition === 'merge')
}

async function* madeWith(groupParamsKey: string, found: AsyncIterable<FoundRejects>): AsyncGenerator<FoundRejects> {
  for await (const each of found) {
    if (each.doc.groupParamsKey !== groupParamsKey) throw otherParams(each)
    yield each
  }
}

/** Loads the rejects' groups again through today's code: all rejects of such a group are done, whatever the filter. */
async function planGroups(found: AsyncIterable<FoundRejects>, runnable: Runnable, ctx: RunContext): Promise<ReplayPlan> {
  const sets = new Map<string, Record<string, readonly number[]>>()
  for await (const { key, doc, at } of found) {
    // A document is of one split, and so of one group.
    const { group } = doc.rejects[at[0] as number] as Reject
    const set = sets.get(group) ?? {}
    sets.set(group, set)
    set[key] = at
  }
  const all = await runnable.plan(ctx)
  const splits = all.splits.filter(split => sets.has(groupOf(split)))
  const planned = new Set(splits.map(groupOf))
  const missing = [...sets.keys()].filter(group => !planned.has(group))
  const bookmarks = Object.fromEntries(Object.entries(all.bookmarks ?? {}).filter(([group]) => planned.has(group)))
  return {
    plan: { splits, bookmarks, failed: (all.failed ?? []).filter(({ group }) => sets.has(group)) },
    replays: Object.fromEntries([...sets].filter(([group]) => planned.has(group))),
    notes: missing.length === 0 ? [] : [`The source no longer has ${missing.join(', ')}: those rejects stay.`],
  }
}

/**
 * Runs the raw records again. Some cannot be: what never became a record; what will be read again with its group; and, unless the sink
 * merges, records of which a part has arrived already.
 */
async function planRecords(found: AsyncIterable<FoundRejects>, merges: boolean): Promise<ReplayPlan> {
  const sets = new Map<
    string,
    { readonly group: string; readonly labels: RejectDoc['labels']; readonly set: Record<string, number[]> }
  >()
  const kept = new Map<string, number>()
  for await (const { key, doc, at } of found) {
    for (const index of at) {
      const reject = doc.rejects[index]
      if (!reject) continue
      const against = whyNotRun(reject, doc, merges)
      if (against !== undefined) {
        kept.set(against, (kept.get(against) ?? 0) + 1)
        continue
      }
      const name = JSON.stringify([reject.group, doc.labels ?? null])
      const of = sets.get(name) ?? { group: reject.group, labels: doc.labels, set: {} }
      sets.set(name, of)
      of.set[key] ??= []
      of.set[key].push(index)
    }
  }
  const splits = [...sets.values()].map(({ group, labels, set }): Split => {
    const id = splitId(`replay-${group}`, { group, labels: labels ?? null, set })
    return { id, params: { rejects: set }, group: `${replayGroup}${id}`, ...(labels === undefined ? {} : { labels }) }
  })
  return {
    plan: { splits },
    replays: Object.fromEntries(splits.map(split => [groupOf(split), (split.params as { rejects: RejectSet }).rejects])),
    notes: [...kept].map(([why, count]) => `Not run again: ${count} ${count === 1 ? 'reject' : 'rejects'} ${why}.`),
  }
}

function whyNotRun(reject: Reject, doc: RejectDoc, merges: boolean): string | undefined {
  if (reject.row < 0) return 'that never became a record'
  if (doc.unpublished) return 'of a group that failed and is read again as a whole'
  if (reject.partial && !merges) return 'of which a part has arrived, which would be doubled'
  return undefined
}

/** Cleans up after replays that were published: their rejects' documents, then the marks. Repeatable. */
export async function sweepReplayed(state: StateStore): Promise<void> {
  await changeDoc<BookmarksDoc>(state, bookmarksKey, async ({ replayed, ...rest }) => {
    if (!replayed) return undefined
    await atOnce(Object.entries(replayed), ([key, at]) => removeRejects(state, key, at))
    const groups = Object.fromEntries(Object.entries(rest.groups).filter(([group]) => !group.startsWith(replayGroup)))
    return { ...rest, groups }
  })
}
