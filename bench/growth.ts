import type { Entrant } from './contests/contest.js'
import { growing } from './contests/work.js'
import { type Bench, forgetInputs, inputOf, measure } from './measure.js'
import { median } from './numbers.js'
import { progress } from './progress.js'

const factors = [1, 10, 100] as const
/** Of the largest run, whose file has 1.2 GB from twenty million rows. */
export const peakAtMostBytes = 130_000_000
/** What a file of ten times the rows may take more. */
export const peakGrowthAtMost = 0.15
/** Smaller processes are still growing to the size they work at. */
const judgedFromRecords = 20_000_000

/** One side over more and more rows: whole processes. */
export interface GrowthResult {
  readonly name: string
  readonly title: string
  readonly isOurs: boolean
  readonly sizes: readonly {
    readonly records: number
    readonly cpuMs: readonly number[]
    readonly peakBytes: readonly number[]
  }[]
  /** How much more memory the largest run took than the one before. */
  readonly peakGrowth: number
}

/** Runs the same work over one, ten and a hundred times the rows; the largest only once. */
export async function growthOf(bench: Bench, baseRecords: number, runs: number): Promise<GrowthResult[]> {
  const sizes = new Map<Entrant, GrowthResult['sizes'][number][]>(growing.map(each => [each, []]))
  for (const factor of factors) {
    for (const [each, seen] of sizes) seen.push(await sizeOf(bench, each, baseRecords * factor, factor === 100 ? 1 : runs))
    await forgetInputs(bench)
  }
  return [...sizes].map(([{ name, title, isOurs }, seen]) => ({ name, title, isOurs, sizes: seen, peakGrowth: growthIn(seen) }))
}

async function sizeOf(bench: Bench, entrant: Entrant, records: number, runs: number) {
  const input = await inputOf(bench, entrant, records)
  const cpuMs: number[] = []
  const peakBytes: number[] = []
  for (let run = 0; run < runs; run++) {
    const { whole } = await measure(bench, entrant, { records, input }, async figures => figures)
    cpuMs.push(whole.cpuMs)
    peakBytes.push(whole.peakBytes)
    progress(
      `${entrant.name}, ${records} records: ${(whole.cpuMs / 1000).toFixed(2)} s of CPU, ${(whole.peakBytes / 1e6).toFixed(0)} MB`,
    )
  }
  return { records, cpuMs, peakBytes }
}

function growthIn(sizes: GrowthResult['sizes']): number {
  const [, before, last] = sizes
  return before && last ? median(last.peakBytes) / median(before.peakBytes) - 1 : 0
}

/** Whether our memory stays where it should; `undefined` for too few rows to tell, and for peers. */
export function isFlat({ isOurs, sizes, peakGrowth }: GrowthResult): boolean | undefined {
  const last = sizes.at(-1)
  if (!isOurs || !last || last.records < judgedFromRecords) return undefined
  return median(last.peakBytes) <= peakAtMostBytes && peakGrowth <= peakGrowthAtMost
}
