import type { BenchCase } from './case.js'
import { type Bench, forgetInputs, inputOf, measure } from './measure.js'
import { median } from './numbers.js'
import { progress } from './progress.js'

/** Below this a process has not yet come to rest: its heap still grows to the size it works at. */
const judgedFromRecords = 1_000_000
/** How much more a run of ten times the records may take. */
const growthAtMost = 0.15

/** Peaks differ by some percent from run to run, and small runs are cheap to repeat. */
export interface MemoryRuns {
  readonly small: number
  readonly large: number
}

/** One case at its two sizes. */
export interface MemoryResult {
  readonly name: string
  readonly records: readonly [small: number, large: number]
  /** Of all runs at each size. */
  readonly peakBytes: readonly [small: readonly number[], large: readonly number[]]
  readonly bytesOut: readonly [small: number, large: number]
  /** Median over median, less one. */
  readonly growth: number
  /** `not judged`: too few records to tell. `fills its cache`: more, and not more than the case's `cacheBytes` are. */
  readonly verdict: 'flat' | 'fills its cache' | 'grows' | 'not judged'
}

/** Runs a case at a size and at ten times of it, and compares the peaks. */
export async function memoryOf(bench: Bench, measured: BenchCase, records: number, runs: MemoryRuns): Promise<MemoryResult> {
  const small = await peaks(bench, measured, records, runs.small)
  const large = await peaks(bench, measured, records * 10, runs.large)
  const growth = median(large.peakBytes) / median(small.peakBytes) - 1
  return {
    name: measured.name,
    records: [records, records * 10],
    peakBytes: [small.peakBytes, large.peakBytes],
    bytesOut: [small.bytesOut, large.bytesOut],
    growth,
    verdict: verdictOf(records, growth, (measured.cacheBytes ?? 0) / median(small.peakBytes)),
  }
}

/** From the records of the smaller run, what the larger one took more, and what a cache may take of that, both as shares of the smaller. */
export function verdictOf(records: number, growth: number, cache = 0): MemoryResult['verdict'] {
  if (records < judgedFromRecords) return 'not judged'
  if (growth <= growthAtMost) return 'flat'
  return growth <= growthAtMost + cache ? 'fills its cache' : 'grows'
}

async function peaks(bench: Bench, measured: BenchCase, records: number, runs: number) {
  const input = await inputOf(bench, measured, records)
  const peakBytes: number[] = []
  let bytesOut = 0
  for (let run = 0; run < runs; run++) {
    const figures = await measure(bench, measured, { records, input }, async each => each)
    peakBytes.push(figures.peakBytes)
    progress(`${measured.name}, ${records} records: ${(figures.peakBytes / 1e6).toFixed(1)} MB`)
    bytesOut = figures.bytesOut
  }
  await forgetInputs(bench)
  return { peakBytes, bytesOut }
}
