import type { Json, UnitReceipt } from '@millrace/etl-core'

/** One staged stretch of a split's output. Kept in state, so it is small. */
export interface Part {
  /** Below the split's staging: `e3-5f0c1a-000007`. */
  readonly name: string
  readonly bytes: number
  /** The units that end in it. */
  readonly units: readonly UnitReceipt[]
  /** It begins within a unit that an earlier part began. */
  readonly inside?: true
  /** The batch its first record is of; append layout only. */
  readonly first?: string
  /** `year=2025/month=2/`; partitioned layouts only. */
  readonly partition?: string
}

/** What a split has staged so far: what a checkpoint keeps, and what a receipt says in the end. */
export interface Staged {
  readonly parts: readonly Part[]
  readonly records: number
}

/** A copy: what state keeps must not grow with the writer. The cast is safe, every field is JSON and `undefined` is never assigned. */
export const stagedJson = (parts: readonly Part[]): Json => ({ parts: [...parts], records: recordsIn(parts) }) as unknown as Json

/** What {@link stagedJson} made, read back from state. */
export const stagedOf = (json: Json | undefined): Staged =>
  (json as unknown as Staged | null | undefined) ?? { parts: [], records: 0 }

export const unitsIn = (parts: readonly Part[]): readonly UnitReceipt[] => parts.flatMap(part => part.units)

const recordsIn = (parts: readonly Part[]) => unitsIn(parts).reduce((sum, unit) => sum + unit.records, 0)
