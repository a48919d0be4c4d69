import type { RecordError } from './errors.js'
import type { Json } from './json.js'
import type { Bookmark, Checkpoint, Cursor } from './split.js'
import type { LateColumns } from './views/late-columns.js'

/**
 * Records that are decoded late. `toArray()` gives plain objects that are free to keep and must not be changed: a reject keeps the record as it
 * was read. May be called more than once, and for the first time while the batch is being written: after that it may throw.
 */
export interface Rows<T> {
  readonly length: number
  toArray(): readonly T[]
  /**
   * The same records as fields that nobody has read yet, where that is known: steps and formats then read those they need, and copy others
   * as they came. Only text formats offer it; it is no duty of a source's or sink's.
   */
  readonly late?: LateColumns | undefined
  /**
   * Called by the runner when a batch is written and its rejects are kept: nobody asks for `late` any more, and its memory may be used again.
   * What `toArray()` gave is not touched.
   */
  release?(): void
}

/** Something the source could not turn into a record: a broken line, a ragged row. It becomes a reject; the run goes on. */
export interface Unreadable {
  /** The input as read, as far as it can be told. */
  readonly raw: Json
  /** Where it stood: `{ line: 3, column: 7, byte: 120 }`, `{ page: 2 }`. */
  readonly position: Json
  readonly error: RecordError
}

/**
 * What a source hands over at a time: a few hundred to a few thousand records, about 64 KiB of input. May be empty: it then still
 * moves the cursor on.
 */
export interface SourceBatch<T> {
  readonly records: readonly T[] | Rows<T>
  /** The position after these records. */
  readonly cursor: Cursor
  readonly unreadable?: readonly Unreadable[]
  /** Where each record stood, if the source can tell: `at(0)` is the first record's. Kept with a reject. */
  positionOf?(row: number): Json
  /** Input bytes this batch was made of, for progress and reports. */
  readonly bytes?: number
  /**
   * What else the source counted on the way to this batch, by names of its own: `{ faults: 2, holes: 1 }`. Added up in the report's
   * `counts.source`. They travel with the batch so that one read again after a stop is not counted twice.
   */
  readonly counts?: Readonly<Record<string, number>>
  /**
   * Where the next load of this split's group begins, where only reading tells: the last id seen, a token for what changes from now on.
   * The newest of the last split in plan order that has one replaces the plan's, once the group is published. One that is lost (a
   * transactional sink had kept its batch before state learned of it) leaves the plan's.
   */
  readonly bookmark?: Bookmark
}

/** What a sink writer gets: one per source batch, perhaps empty. Batch borders never change on the way. */
export interface Batch<T> {
  /** Hash of pipeline, load, split, the batch's number and the cursor before it: a replayed batch has the same id, another load's never. */
  readonly id: string
  /** What to return from `flush` once this batch is durable. */
  readonly checkpoint: Checkpoint
  readonly rows: Rows<T>
  /** The source record a row came from, as JSON, for rejects. */
  rawOf(row: number): Json
  /** The index of that record in its source batch: rows that a step made of one record have the same. */
  originOf?(row: number): number
}

/** Rows over an array that is already there. */
export function rowsOf<T>(records: readonly T[]): Rows<T> {
  return { length: records.length, toArray: () => records }
}

/** The records of a source batch, whichever way it holds them. */
export function recordsOf<T>(records: readonly T[] | Rows<T>): readonly T[] {
  return 'toArray' in records ? records.toArray() : records
}
