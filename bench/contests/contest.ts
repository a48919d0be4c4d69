import type { BenchCase } from '../case.js'

/** One job that several do, over the same input; all must come to the same. */
export interface Contest {
  /** For `--case`. */
  readonly name: string
  /** For people, as a heading. */
  readonly title: string
  /** Times the records of the run: small jobs need more of them to stand out from a process's start. */
  readonly scale?: number
  /** The first one's output is what the others' is compared with. */
  readonly entrants: readonly Entrant[]
  readonly goals: readonly Goal[]
}

/** Who takes part. */
export interface Entrant extends BenchCase {
  /** For people: `csv-parse`. */
  readonly title: string
  readonly isOurs: boolean
  /** It writes numbers in another form, or a format of which many files mean the same: compared row by row, by value. */
  readonly byValue?: 'csv' | 'parquet'
  /** Slow and without a goal: it runs in the first round only. */
  readonly once?: boolean
}

/**
 * What our CPU time should be beside a peer's, medians of one run. `times`: the peer's divided by ours, at least `goal`. `share`: ours
 * divided by the peer's, at most `goal`.
 */
export interface Goal {
  readonly ours: string
  readonly peer: string
  readonly as: 'times' | 'share'
  readonly goal: number
  /** What we would like. */
  readonly aim?: number
}

/** @param fields - `name`, `title` and `load`, and what differs from a peer that reads a file and writes to a folder. */
export const entrant = (fields: Pick<Entrant, 'name' | 'title' | 'load'> & Partial<Entrant>): Entrant => ({
  reads: 'file',
  writes: 'folder',
  input: 'indicators',
  isOurs: fields.title.startsWith('Millrace'),
  ...fields,
})
