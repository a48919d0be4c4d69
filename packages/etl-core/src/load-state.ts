import { type ErrorJson, isEtlError } from './errors.js'
import { hashOf, type Json } from './json.js'
import type { Owner } from './owner.js'
import type { RejectFilter } from './rejects.js'
import type { Counts, RejectSample } from './report.js'
import type { Bookmark, Checkpoint, FailedGroup, Plan } from './split.js'
import type { StateStore } from './state.js'

/** The document `head`: who owns the pipeline's state and which load is unfinished. Its version is what runs compete for. */
export interface HeadDoc {
  readonly format: 1
  /** Grows with every owner, never shrinks. */
  readonly epoch: number
  readonly owner: Owner | null
  readonly load: LoadDoc | null
}

/** The unfinished load. */
export interface LoadDoc {
  readonly loadId: string
  readonly startedAtMs: number
  readonly attempt: number
  /** The parameters as given. */
  readonly params: Json
  /** Hash of the parameters as given less the volatile ones: another one means another load. */
  readonly paramsKey: string
  /** Hash of the parameters that decide what a group holds: rejects carry it. */
  readonly groupParamsKey: string
  /** Hash of version, record schema, sink layout and format, and `paramsKey`: what a bookmark of this load is good for. */
  readonly fingerprint: string
  /** The epoch it began with. Ids may come back (a trigger's event, delivered again); this tells the loads apart. */
  readonly bornEpoch: number
  /** Hash of record schema, sink layout and format: what is staged can go on only with the same. */
  readonly layoutKey: string
  /** Bookmarks were ignored. */
  readonly full: boolean
  /** The id came from a trigger: a marker is left so that the same event twice changes nothing. */
  readonly triggered: boolean
  /** Everything is decided and only cleaning up is left; what failed, for the report of whoever cleans up. */
  readonly closing?: { readonly failed: readonly FailedGroup[] }
  /** This load runs rejects again instead of reading what is new. */
  readonly replay?: ReplayDoc
}

/** How a load replays rejects. */
export interface ReplayDoc {
  /** `groups`: their groups are loaded again, as the sink replaces them whole. `records`: the raw records are run again. */
  readonly mode: 'groups' | 'records'
  readonly filter: RejectFilter
}

/** By document key: which of its rejects, by position. */
export type RejectSet = Readonly<Record<string, readonly number[]>>

/** The document `loads/<load>/plan`: what was decided when the load began. */
export interface PlanDoc {
  readonly format: 1
  readonly plan: Plan
  /** What lay at each group's places, from `Sink.survey`. */
  readonly found: Readonly<Record<string, Json>>
  /** For a replay: the rejects that are done once their group is published. */
  readonly replays?: Readonly<Record<string, RejectSet>>
}

/** The document `loads/<load>/splits/<split>`: how far a split is. */
export interface SplitDoc {
  readonly format: 1
  readonly epoch: number
  readonly checkpoint?: Checkpoint
  /** Up to the checkpoint, over all attempts. */
  readonly tally: Tally
  /** The split is complete. */
  readonly receipt?: { readonly value: Json }
  /** How the last attempt failed; cleared by the next. */
  readonly error?: ErrorJson
}

/** What a split has counted so far. */
export interface Tally {
  readonly counts: Counts
  readonly byReason: Readonly<Record<string, number>>
  readonly samples: readonly RejectSample[]
  /** Batches that a transactional sink had kept before state learned of them: what was in them is not counted. */
  readonly uncounted?: number
  /** The newest one that a batch carried. */
  readonly bookmark?: Bookmark
}

/** The document `bookmarks`: by group, what was published last. */
export interface BookmarksDoc {
  readonly format: 1
  /** Rejects that a published replay made good, until their documents are cleaned up: marked in the same write as the bookmark. */
  readonly replayed?: RejectSet
  readonly groups: Readonly<Record<string, BookmarkEntry>>
}

/** One published group. */
export interface BookmarkEntry {
  /** Where the next load begins; absent if the source has none for this group. */
  readonly bookmark?: Bookmark
  readonly fingerprint: string
  readonly loadId: string
  /** The load that published it last, see `LoadDoc.bornEpoch`. */
  readonly bornEpoch: number
}

export const headKey = 'head'
export const bookmarksKey = 'bookmarks'

/** A load id as one segment of a key. */
export function loadKeyOf(loadId: string): string {
  return /^[A-Za-z0-9._-]{1,100}$/.test(loadId)
    ? loadId
    : `${loadId.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80)}-${hashOf(loadId, 12)}`
}

export const planKey = (loadKey: string): string => `loads/${loadKey}/plan`
export const splitKey = (loadKey: string, split: string): string => `loads/${loadKey}/splits/${split}`

/** A document and its version, or `absent`. */
export interface Versioned<D> {
  readonly value: D | undefined
  readonly version: string
}

/** Loads a document of ours. The cast is safe: only this package writes these keys. */
export async function loadDoc<D>(state: StateStore, key: string): Promise<Versioned<D>> {
  const found = await state.load(key)
  return { value: found?.value as D | undefined, version: found?.version ?? 'absent' }
}

/** Saves a document of ours; dates, undefined and the like do not occur in them. */
export async function saveDoc(state: StateStore, key: string, value: object, expected: string): Promise<string> {
  return state.save(key, value as unknown as Json, expected)
}

/**
 * Changes a document as it is found: `change` gives what it becomes, `null` for none, and `undefined` to leave it. Asked again where another
 * writer was faster: an owner that was succeeded may write its last between the look and the change.
 *
 * @throws StateError `ETL_STATE_CONFLICT` when it is refused at one version twice: then it was no other writer, the run itself was succeeded.
 */
export async function changeDoc<D extends object>(
  state: StateStore,
  key: string,
  change: (found: D) => D | null | undefined | Promise<D | null | undefined>,
): Promise<void> {
  let refusedAt: string | undefined
  for (;;) {
    const { value, version } = await loadDoc<D>(state, key)
    const next = value && (await change(value))
    if (next === undefined) return
    try {
      await (next === null ? state.remove(key, version) : saveDoc(state, key, next, version))
      return
    } catch (error) {
      if (!isEtlError(error, 'ETL_STATE_CONFLICT') || version === refusedAt) throw error
      refusedAt = version
    }
  }
}

/**
 * Removes a document if it is there, in whatever version.
 *
 * @throws StateError `ETL_STATE_CONFLICT` as {@link changeDoc} does.
 */
export const removeDoc = (state: StateStore, key: string): Promise<void> => changeDoc(state, key, () => null)
