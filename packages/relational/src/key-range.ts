import type { Json } from '@millrace/etl-core'

/** The values of a key as JSON: what cursors and bookmarks hold. */
export type KeyJson = readonly Json[]

/** Which rows of a table a split has; what state keeps of it. */
export interface RowRange {
  /** Only keys behind this one. */
  readonly after: KeyJson | null
  /** Only where the key's first column is greater, and not greater than. */
  readonly above: Json
  readonly upTo: Json
  /** No key behind this one: the last one there was when the load was planned. */
  readonly last: KeyJson
  /** The cut-off, as it was given. */
  readonly before: string | null
}
