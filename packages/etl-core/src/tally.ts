import type { Tally } from './load-state.js'
import type { Reject } from './reject.js'
import { addCounts, type Counts, noCounts } from './report.js'

/** How many different reasons a report counts one by one; the rest are counted together. */
const maxReasons = 50
const otherReasons = '(other reasons)'
/** Samples in a report; the whole set lies in state. */
export const maxSamples = 5

export const emptyTally: Tally = { counts: noCounts, byReason: {}, samples: [] }

/** A tally after one more batch. */
export function tallyBatch(tally: Tally, counts: Partial<Counts>, rejects: readonly Reject[]): Tally {
  const added = addCounts(tally.counts, { ...noCounts, ...counts, batches: 1, rejected: rejects.length })
  if (rejects.length === 0) return { ...tally, counts: added }
  const one: Tally = {
    counts: added,
    byReason: countReasons(rejects),
    samples: rejects.slice(0, maxSamples).map(({ split, stage, reason }) => ({ split, stage, reason })),
  }
  return { ...tally, counts: added, byReason: addReasons(tally.byReason, one.byReason), samples: firstSamples(tally, one) }
}

/** Two splits' tallies together. A bookmark stays with its split. */
export function addTallies(a: Tally, b: Tally): Tally {
  const uncounted = (a.uncounted ?? 0) + (b.uncounted ?? 0)
  return {
    counts: addCounts(a.counts, b.counts),
    byReason: addReasons(a.byReason, b.byReason),
    samples: firstSamples(a, b),
    ...(uncounted === 0 ? {} : { uncounted }),
  }
}

function countReasons(rejects: readonly Reject[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { reason } of rejects) counts[reason] = (Object.hasOwn(counts, reason) ? (counts[reason] as number) : 0) + 1
  return counts
}

/** Counts by reason together, the rare ones as one. */
export function addReasons(a: Tally['byReason'], b: Tally['byReason']): Record<string, number> {
  const sum: Record<string, number> = Object.assign({}, a)
  for (const [reason, count] of Object.entries(b)) {
    const known = Object.hasOwn(sum, reason) || Object.keys(sum).length < maxReasons
    const key = known ? reason : otherReasons
    sum[key] = (Object.hasOwn(sum, key) ? (sum[key] as number) : 0) + count
  }
  return sum
}

const firstSamples = (a: Tally, b: Tally) => [...a.samples, ...b.samples].slice(0, maxSamples)
