import { type DamagedRejects, damagedRejects } from './damaged-rejects.js'
import { type EtlError, isEtlError } from './errors.js'
import { hashOf } from './json.js'
import { type BookmarksDoc, bookmarksKey, changeDoc, loadDoc, loadKeyOf, removeDoc, saveDoc } from './load-state.js'
import type { Reject } from './reject.js'
import { groupOf, type Split } from './split.js'
import type { StateStore } from './state.js'

const allRejects = 'rejects/'

/** A group as a segment of a key. Long: two groups of one name here would lose each other's rejects. */
export const groupHash = (group: string): string => hashOf(group, 16)

/**
 * Rejects lie in the state's place, one document per source batch that had any: `rejects/<group>/<load>/<split>/<batchNo>`, so that those
 * of one group are found without opening those of others. They are durable before the flush that acknowledges their batch, and those above
 * the saved checkpoint are removed before a split goes on.
 */
export const groupRejects = (group: string): string => `${allRejects}${groupHash(group)}/`

/** What follows the group: `<load>/<split>/<batchNo>`. */
const restOf = (key: string): string => key.slice(key.indexOf('/', allRejects.length) + 1)

export const splitRejects = (loadKey: string, split: Split): string => `${groupRejects(groupOf(split))}${loadKey}/${split.id}/`

const batchKey = (loadKey: string, split: Split, batchNo: number): string =>
  `${splitRejects(loadKey, split)}${String(batchNo).padStart(10, '0')}`

/** Stores a batch's rejects. A copy that an earlier attempt left is replaced. */
export async function saveRejects(
  state: StateStore,
  loadKey: string,
  split: Split,
  batchNo: number,
  groupParamsKey: string,
  rejects: readonly Reject[],
): Promise<void> {
  const key = batchKey(loadKey, split, batchNo)
  const doc: RejectDoc = { format: 1, groupParamsKey, ...(split.labels === undefined ? {} : { labels: split.labels }), rejects }
  await saveDoc(state, key, doc, 'absent').catch(async (error: EtlError) => {
    if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
    await saveDoc(state, key, doc, (await state.load(key))?.version ?? 'absent')
  })
}

/** Removes what an earlier attempt stored for batches after `batchNo`: they will be read again. */
export async function dropRejectsAfter(state: StateStore, loadKey: string, split: Split, batchNo: number): Promise<void> {
  const last = batchKey(loadKey, split, batchNo)
  for await (const key of state.list(splitRejects(loadKey, split))) if (key > last) await removeDoc(state, key)
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

/** See `listRejects` in `state-calls.ts`. */
export async function* listRejects(
  state: StateStore,
  filter: RejectFilter = {},
  onDamaged?: (damaged: DamagedRejects) => void,
): AsyncIterable<Reject> {
  for await (const { doc, at } of findRejects(state, filter, onDamaged))
    for (const index of at) yield doc.rejects[index] as Reject
}

/** The documents with rejects that fit. */
export async function* findRejects(
  state: StateStore,
  filter: RejectFilter,
  onDamaged: (damaged: DamagedRejects) => void = ({ error }) => {
    throw error
  },
): AsyncIterable<FoundRejects> {
  const replayed = (await loadDoc<BookmarksDoc>(state, bookmarksKey)).value?.replayed ?? {}
  for (const key of await keysOf(state, filter)) {
    const read = await loadDoc<RejectDoc>(state, key).catch(error => onDamaged(damagedRejects(key, error)))
    const doc = read?.value
    const gone = new Set(replayed[key])
    const at = (doc?.rejects ?? []).flatMap((reject, index) =>
      reject && !gone.has(index) && fits(reject, filter) ? [index] : [],
    )
    if (doc && at.length > 0) yield { key, doc, at }
  }
}

/** Those that can fit, as far as keys tell, in order of load, split and batch. */
async function keysOf(state: StateStore, { group, loadId, split }: RejectFilter): Promise<string[]> {
  const [load, begins] = [
    loadId === undefined ? undefined : loadKeyOf(loadId),
    group === undefined ? allRejects : groupRejects(group),
  ]
  const keys: { key: string; rest: string }[] = []
  for await (const key of state.list(begins)) {
    const rest = restOf(key)
    const [ofLoad, ofSplit] = rest.split('/')
    if ((load === undefined || ofLoad === load) && (split === undefined || ofSplit === split)) keys.push({ key, rest })
  }
  return keys.sort((a, b) => (a.rest < b.rest ? -1 : a.rest > b.rest ? 1 : 0)).map(({ key }) => key)
}

/** See `discardRejects` in `state-calls.ts`. */
export async function discardRejects(
  state: StateStore,
  filter: RejectFilter,
  onDamaged?: (damaged: DamagedRejects, gone: boolean) => void,
): Promise<number> {
  let discarded = 0
  const damaged: DamagedRejects[] = []
  for await (const { key, at } of findRejects(state, filter, each => void damaged.push(each))) {
    await removeRejects(state, key, at)
    discarded += at.length
  }
  const byKey = filter.stage === undefined && filter.issue === undefined && filter.reason === undefined
  for (const each of damaged) {
    if (byKey) await removeDamaged(state, each)
    if (onDamaged) onDamaged(each, byKey)
    else if (!byKey) throw each.error
  }
  return discarded
}

/** With what lay under the damage: that fits as well. */
async function removeDamaged(state: StateStore, { key }: DamagedRejects): Promise<void> {
  await state.repair?.(key)
  await removeDoc(state, key)
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
