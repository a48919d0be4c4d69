import type { Bound } from './row-group.js'

/**
 * Gathers one column of a unit, value by value, as what the file holds: numbers in typed arrays, texts as bytes or as ids of a dictionary.
 * No value is kept as it came: a field that was cut from a batch's text would keep all of that text.
 */
export interface ColumnBuilder {
  /** Takes the next record's value. Throws RecordError for one that does not fit, and has taken nothing then. */
  add(value: unknown): void
  /** Records taken into the open unit. */
  readonly rows: number
  /** What was added stays. Called between batches; what is decided here depends on the values alone. */
  keep(): void
  /** Takes back what was added since the last `keep`. */
  undo(): void
  /** The unit's values: of the builder's memory, so good until `clear`. */
  values(): ColumnValues
  /** Begins the next unit. */
  clear(): void
}

/** All values of a column in one unit. */
export interface ColumnValues {
  readonly rows: number
  /** 1 for a record with a value, 0 for one with none. Absent: all have one. */
  readonly defined?: Uint8Array
  /** Records with a value. */
  readonly count: number
  readonly values: PlainValues | DictionaryValues
  readonly min?: Bound
  readonly max?: Bound
}

/** Values one behind the other. */
export interface PlainValues {
  /** Bytes of the values `from` up to, not including, `to`. */
  page(from: number, to: number): Uint8Array
  /** Bytes of the values before this one. */
  bytesBefore(value: number): number
}

/** Values as numbers of entries. */
export interface DictionaryValues {
  /** Each value once, in the order of appearance. */
  readonly entries: Uint8Array
  readonly entryCount: number
  readonly ids: Int32Array
}

/** Notes which records have a value; only columns that take nulls need it. */
export interface Presence {
  /** Records, with a value or without. */
  rows: number
  note(flag: 0 | 1): void
  /** `undefined` if all have one. */
  defined(count: number): Uint8Array | undefined
}

export function presence(): Presence {
  let flags = new Uint8Array(firstRoom)
  const self: Presence = {
    rows: 0,
    note(flag) {
      if (self.rows === flags.length) flags = larger(flags, flags.length * 2)
      flags[self.rows++] = flag
    },
    defined: count => (count === self.rows ? undefined : flags.subarray(0, self.rows)),
  }
  return self
}

/** Values that arrays have room for at first. */
export const firstRoom = 1024

/** A larger array that begins with what is in this one. */
export function larger<A extends Uint8Array | Uint32Array | Int32Array>(array: A, length: number): A {
  const more = new (array.constructor as new (length: number) => A)(length)
  more.set(array)
  return more
}

/** A dictionary is tried until so many values, and looked at each time that they have doubled. */
export const firstLook = 1024
const lastStrictLook = 8192

/**
 * Whether so many different ones among the first values say that a dictionary will not pay: the values themselves are gathered from then on.
 * More than half of them do in the end; at first nearly all must be different, since what comes may repeat what was there.
 */
export const tooMany = (different: number, among: number): boolean =>
  different > among * (1 - Math.min(among, lastStrictLook) / (2 * lastStrictLook))

/** Whether a dictionary takes less than the values themselves. */
export const pays = (entryBytes: number, count: number, bits: number, plainBytes: number): boolean =>
  entryBytes + Math.ceil((count * bits) / 8) < plainBytes
