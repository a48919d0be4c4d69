import { ConfigError, type ErrorJson } from './errors.js'
import { hashOf, type Json } from './json.js'

/**
 * A position inside one split of one load; dropped when the load is finished. Small JSON that only its source understands.
 * Everything that must survive a stop sits in it: a page number, rows read so far, a byte offset.
 */
export type Cursor = Json

/** Where the next load begins. One per group, kept between loads, replaced only after that group was published. */
export type Bookmark = Json

/** What state keeps of a split's progress. `batchNo` counts the split's source batches from 1. */
export interface Checkpoint {
  readonly cursor: Cursor
  readonly batchNo: number
  /** What the sink wants to find again when the split goes on: its parts so far. Small JSON, only the sink understands it. */
  readonly kept?: Json
}

/** A part of a load that is read on its own. Small JSON: it travels as well in a queue message as in a loop. */
export interface Split {
  /** `[A-Za-z0-9._-]{1,120}`: a readable slug and a hash of everything that decides the split's records. See {@link splitId}. */
  readonly id: string
  readonly params: Json
  /** What becomes visible together. Default: the split's own id. */
  readonly group?: string
  /** For object paths and reports: `{ indicator, lastUpdated }`. The splits of one group carry the same labels. */
  readonly labels?: Readonly<Record<string, string>>
}

/**
 * What a load will read, decided once and then frozen in state: a resumed load reads it back and never plans again.
 * No splits, nothing skipped for want of data and nothing failed means that there is nothing new.
 */
export interface Plan {
  readonly splits: readonly Split[]
  /** The bookmark each group gets once it is published, unless a batch of the group brings one. */
  readonly bookmarks?: Readonly<Record<string, Bookmark>>
  /** Groups that need no split, and why. They are reported and change nothing. */
  readonly skipped?: readonly SkippedGroup[]
  /** Groups that already failed while planning. The others go on; the run ends as `failed`. */
  readonly failed?: readonly FailedGroup[]
}

/** A group without work: `unchanged` since its bookmark, or `no data` at the source. */
export interface SkippedGroup {
  readonly group: string
  readonly reason: 'unchanged' | 'no data'
}

/** A group that failed before any of its splits could be read. */
export interface FailedGroup {
  readonly group: string
  readonly error: ErrorJson
}

/** The group a split becomes visible with. */
export const groupOf = (split: Split): string => split.group ?? split.id

/**
 * A split id from a readable name and everything that decides the split's records: `SP.POP.TOTL-3f2a…`.
 * Characters that are not allowed become `-`.
 */
export function splitId(name: string, decides: Json): string {
  const slug = name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 100)
  return `${slug || 'split'}-${hashOf(decides, 12)}`
}

/** The splits of each group, groups in the order they first appear. */
export function splitsByGroup(splits: readonly Split[]): Map<string, Split[]> {
  const groups = new Map<string, Split[]>()
  for (const split of splits) {
    const of = groups.get(groupOf(split))
    if (of) of.push(split)
    else groups.set(groupOf(split), [split])
  }
  return groups
}

/**
 * Refuses what no state could keep apart: two splits of one id, or an id that is no key.
 *
 * @throws ConfigError `ETL_PLAN_INVALID` naming the first of them.
 */
export function checkedPlan(plan: Plan): Plan {
  if (!Array.isArray(plan?.splits))
    throw new ConfigError('ETL_PLAN_INVALID', 'The source planned nothing: plan() gives { splits: [...] }.')
  const seen = new Set<string>()
  for (const { id } of plan.splits) {
    const problem =
      !/^[A-Za-z0-9._-]{1,120}$/.test(id) || id === '.' || id === '..'
        ? 'is no split id'
        : seen.has(id)
          ? 'comes twice'
          : undefined
    if (problem)
      throw new ConfigError('ETL_PLAN_INVALID', `The source planned a split "${id}", which ${problem}. See splitId().`, {
        context: { id },
      })
    seen.add(id)
  }
  return plan
}
