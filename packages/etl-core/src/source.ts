import type { Access } from './access.js'
import type { SourceBatch } from './batch.js'
import type { Json } from './json.js'
import type { RunContext, SplitContext } from './load.js'
import type { Cursor, Plan, Split } from './split.js'

/** What the runner may rely on. The guarantee of a pipeline is derived from these and the sink's. */
export interface SourceCapabilities {
  /** `read(split, cursor)` continues after the cursor. If false, a split that stops begins again from its start. */
  readonly resumable: boolean
  /** Whether reading a split again, from its start or from a cursor, gives the same records in the same order, cut into the same batches. */
  readonly rereads: 'same' | 'mayDiffer'
}

/** Removes records where they came from. */
export interface Removal {
  /** The fields a record is known by; unique together. */
  readonly key: readonly string[]
  /**
   * Tries whether records can be removed at all, and removes none. A move asks before it copies the first one.
   *
   * @throws SourceError when they cannot: a view that cannot be deleted from, a user who may not.
   */
  check?(ctx: RunContext): Promise<void>
  /**
   * Removes the records with these keys, all in one transaction; those that are gone already are passed over. Returns how many it removed.
   *
   * @param keys - The values of `key`, in its order, in their JSON form.
   */
  remove(keys: readonly (readonly Json[])[], ctx: RunContext): Promise<number>
}

/**
 * Where records come from.
 *
 * A source keeps no state of its own between calls: what a read needs to go on sits in the cursor, what the next load needs in the
 * bookmark. It contains no retry loop around `read`: single idempotent requests are retried by the HTTP reader or SDK, a split by the
 * runner.
 */
export interface Source<T> {
  readonly name: string
  readonly capabilities: SourceCapabilities

  /**
   * Decides what this load reads. Called once per load, before anything is owned or written, so it must change nothing; may be called
   * again if another run was quicker. Bookmarks of groups that must be loaded anew are left out of `ctx.bookmarks`.
   *
   * @throws SourceError when nothing can be planned. A failure of one group belongs into `Plan.failed`.
   */
  plan(ctx: RunContext): Promise<Plan>

  /**
   * Reads one split from its start, or on from a cursor an earlier batch of the same split carried. Pulled: the next batch is asked for
   * when the runner wants it, at most one ahead of the one being written. Several splits may be read at once, one split only once.
   * Leaving the loop early must close connections; after `ctx.signal` no new request may start.
   *
   * @throws SourceError with its retry verdict; `ETL_SOURCE_CHANGED` when the data changed under the read: the split is read again.
   */
  read(split: Split, from: Cursor | undefined, ctx: SplitContext): AsyncIterable<SourceBatch<T>>

  /**
   * A record from the JSON form its reject was stored in, so that it can be run again. Needed where records hold what JSON cannot say:
   * big integers and instants are text there, bytes base64. Default: the JSON as it is.
   */
  revive?(raw: Json): T

  /** How records are removed at the source once they have arrived elsewhere. Absent: they cannot be. */
  readonly removal?: Removal

  /** What it must be allowed to do, for whoever grants it. Pure. Absent: it does not say. */
  access?(pipeline: string): readonly Access[]

  /** What decides this source's records beside the parameters, for the bookmark's fingerprint. Default: its name alone. */
  readonly identity?: Json
}
