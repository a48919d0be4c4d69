import type { Access } from '@millrace/etl-core'

/**
 * Keys of a place: pieces of text that follow each other with any text between them. `['orders/', '.csv']` are all keys that begin with
 * `orders/` and end in `.csv`, `['orders/', '']` all below `orders/`, `['orders/1.csv']` is that key alone.
 */
export type KeyPattern = readonly string[]

/**
 * What is done with objects: `read` is looking whether they are there, too; `write` in one request; `upload` what is too long for that, and ending
 * it where it fails; `end` is ending what processes that died had begun to upload.
 */
export type ObjectDeed = 'read' | 'list' | 'write' | 'upload' | 'end' | 'delete'

/** What a source, a sink or state does with some of a place's objects. */
export interface ObjectUse {
  readonly keys: readonly KeyPattern[]
  readonly does: readonly ObjectDeed[]
  /** See `Access.what`. */
  readonly what: string
  /** See `Access.why`. */
  readonly why: string
}

/** Says what must be allowed at a place for its objects to be used so. Pure. */
export type AccessFor = (uses: readonly ObjectUse[]) => readonly Access[]
