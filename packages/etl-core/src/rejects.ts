import { type EtlError, isEtlError } from './errors.js'
import { type BookmarksDoc, bookmarksKey, changeDoc, loadDoc, loadKeyOf, removeDoc, saveDoc } from './load-state.js'
import type { Reject } from './reject.js'
import type { Split } from './split.js'
import type { StateStore } from './state.js'

/**
 * Rejects lie in the state's place, one document per source batch that had any: `rejects/<load>/<split>/<batchNo>`. They are durable
 * before the flush that acknowledges their batch, and those above the saved checkpoint are removed before a split goes on.
 */
export const rejectsPrefix = (loadKey: string, split?: string): string =>
  split === undefined ? `rejects/${loadKey}/` : `rejects/${loadKey}/${split}/`

const batchKey = (loadKey: string, split: string, batchNo: number): string =>
  `${rejectsPrefix(loadKey, split)}${String(batchNo).padStart(10, '0')}`

/** Stores a batch's rejects. A copy that an earlier attempt left is replaced. */
export async function saveRejects(
  state: StateStore,
  loadKey: string,
  split: Split,
  batchNo: number,
  groupParamsKey: string,
  rejects: readonly Reject[],
): Promise<void> {
  const key = batchKey(loadKey, split.id, batchNo)
  const doc: RejectDoc = { format: 1, groupParamsKey, ...(split.labels === undefined ? {} : { labels: split.labels }), rejects }
  await saveDoc(state, key, doc, 'absent').catch(async (error: EtlError) => {
    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
    await saveDoc(state, key, doc, (await state.load(key))?.version ?? 'absent')
  })
}

/** Removes what an earlier attempt stored for batches after `batchNo`: they will be read again. */
export async function dropRejectsAfter(state: StateStore, loadKey: string, split: string, batchNo: number): Promise<void> {
  const last = batchKey(loadKey, split, batchNo)
  for await (const key of state.list(rejectsPrefix(loadKey, split))) if (key > last) await removeDoc(state, key)
}

/** Which rejects are meant. Everything given must fit; nothing given means all. */
export interface RejectFilter {
  readonly loadId?: string
  readonly group?: string
  readonly split?: string
  /** `2 validate`, or the step's name alone: `validate`; `source`, `sink`. */
  readonly stage?: string
  /** The code of one of its issues: `ETL_RECORD_INVALID`. */
  readonly issue?: string
  /** Its whole reason. */
  readonly reason?: string
}

/** One stored document of rejects: those of one source batch. */
export interface RejectDoc {
  readonly format: 1
  /** Of the split, for object paths when records are run again. */
  readonly labels?: Readonly<Record<string, string>>
  /** Of the load: a replay with other parameters would not be one. */
  readonly groupParamsKey: string
  /** Their group failed and was never visible: it will be read again as a whole, so these are for looking at, not for replaying. */
  readonly unpublished?: true
  /** A reject that is gone leaves null: the others keep their position, which is their name. */
  readonly rejects: readonly (Reject | null)[]
}

/** A document of rejects, and which of its rejects are meant. */
export interface FoundRejects {
  readonly key: string
  readonly doc: RejectDoc
  /** Positions in `doc.rejects`. Not empty. */
  readonly at: readonly number[]
}

/** All stored rejects that fit, in order of load, split and batch. Those that were replayed are no longer there. */
export async function* listRejects(state: StateStore, filter: RejectFilter = {}): AsyncIterable<Reject> {
  for await (const { doc, at } of findRejects(state, filter)) for (const index of at) yield doc.rejects[index] as Reject
}

/** The documents with rejects that fit. */
export async function* findRejects(state: StateStore, filter: RejectFilter): AsyncIterable<FoundRejects> {
  const replayed = (await loadDoc<BookmarksDoc>(state, bookmarksKey)).value?.replayed ?? {}
  const prefix = filter.loadId === undefined ? 'rejects/' : rejectsPrefix(loadKeyOf(filter.loadId))
  for await (const key of state.list(prefix)) {
    const doc = (await loadDoc<RejectDoc>(state, key)).value
    const gone = new Set(replayed[key])
    const at = (doc?.rejects ?? []).flatMap((reject, index) =>
      reject && !gone.has(index) && fits(reject, filter) ? [index] : [],
    )
    if (doc && at.length > 0) yield { key, doc, at }
  }
}

/**
 * After a load: rejects of groups that failed are marked, since those groups are read again as a whole; rejects that a published group no
 * longer has are removed, namely older ones where the sink replaces groups, and marked ones everywhere.
 */
export async function settleRejects(
  state: StateStore,
  load: {
    readonly loadKey: string
    readonly splits: readonly Split[]
    readonly groups: readonly { readonly group: string; readonly status: string }[]
  },
  disposition: 'append' | 'merge' | 'replace',
): Promise<void> {
  const statusOf = new Map(load.groups.map(({ group, status }) => [group, status]))
  // By split, too: an id that came back (a trigger's event, delivered again) may have left rejects of other splits.
  const own = new Set(load.splits.map(split => rejectsPrefix(load.loadKey, split.id)))
  for await (const { key, doc, at } of findRejects(state, {})) {
    const ours = own.has(key.slice(0, key.lastIndexOf('/') + 1))
    const status = statusOf.get((doc.rejects[at[0] as number] as Reject).group)
    if (ours && status === 'failed' && !doc.unpublished) await markUnpublished(state, key)
    else if (!ours && status === 'published' && (disposition === 'replace' || doc.unpublished))
      await removeRejects(state, key, at)
  }
}

async function markUnpublished(state: StateStore, key: string): Promise<void> {
  const found = await loadDoc<RejectDoc>(state, key)
  if (found.value) await saveDoc(state, key, { ...found.value, unpublished: true }, found.version)
}

/**
 * Forgets rejects for good.
 *
 * @returns How many.
 */
export async function discardRejects(state: StateStore, filter: RejectFilter): Promise<number> {
  let discarded = 0
  for await (const { key, at } of findRejects(state, filter)) {
    await removeRejects(state, key, at)
    discarded += at.length
  }
  return discarded
}

/** Takes single rejects out of a document, and the document away when none is left. Repeatable. */
export async function removeRejects(state: StateStore, key: string, at: readonly number[]): Promise<void> {
  const gone = new Set(at)
  await changeDoc<RejectDoc>(state, key, found => {
    const rejects = found.rejects.map((reject, index) => (gone.has(index) ? null : reject))
    return rejects.every(reject => reject === null) ? null : { ...found, rejects }
  })
}

function fits(reject: Reject, { loadId, group, split, stage, issue, reason }: RejectFilter): boolean {
  return (
    (loadId === undefined || reject.loadId === loadId) &&
    (group === undefined || reject.group === group) &&
    (split === undefined || reject.split === split) &&
    (stage === undefined || reject.stage === stage || reject.stage.replace(/^\d+ /, '') === stage) &&
    (issue === undefined || reject.issues.some(({ code }) => code === issue)) &&
    (reason === undefined || reject.reason === reason)
  )
}
