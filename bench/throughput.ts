import { stat } from 'node:fs/promises'
import type { BenchCase } from './case.js'
import type { Comparison } from './cases/index.js'
import { fileHash } from './file-hash.js'
import { type Bench, forgetInputs, inputOf, measure } from './measure.js'
import type { Figures } from './measured.js'
import { median } from './numbers.js'
import { progress } from './progress.js'

/** One side's runs. */
export interface Side {
  readonly name: string
  readonly wallMs: readonly number[]
  readonly cpuMs: readonly number[]
  readonly peakBytes: readonly number[]
  readonly recordsOut: number
  readonly bytesOut: number
  /** Of the file it wrote, or the sum of the table's rows: the same in all its runs. */
  readonly sha256: string
}

/** Both sides over one input. */
export interface ThroughputResult {
  readonly records: number
  readonly bytesIn: number
  readonly ours: Side
  readonly peer: Side
  /** Median over the pairs of runs of the peer's time divided by ours: above 1 we are the faster. */
  readonly timesPeer: { readonly wall: number; readonly cpu: number }
  readonly sameOutput: boolean
}

/** Runs both sides in turns, so that whatever else the machine does meets both. */
export async function compare(
  bench: Bench,
  { ours, peer }: Comparison,
  records: number,
  runs: number,
): Promise<ThroughputResult> {
  const input = await inputOf(bench, ours, records)
  const bytesIn = input === '' ? 0 : (await stat(input)).size
  const seen: [Seen[], Seen[]] = [[], []]
  for (let run = 0; run < runs; run++) {
    seen[0].push(await measureHashed(bench, ours, records, input))
    seen[1].push(await measureHashed(bench, peer, records, input))
  }
  await forgetInputs(bench)
  const [a, b] = [sideOf(ours, seen[0]), sideOf(peer, seen[1])]
  const ratio = (of: (side: Side) => readonly number[]) => median(of(b).map((value, at) => value / (of(a)[at] as number)))
  return {
    records,
    bytesIn,
    ours: a,
    peer: b,
    timesPeer: { wall: ratio(side => side.wallMs), cpu: ratio(side => side.cpuMs) },
    sameOutput: a.sha256 === b.sha256,
  }
}

type Seen = Figures & { readonly sha256: string }

async function measureHashed(bench: Bench, measured: BenchCase, records: number, input: string): Promise<Seen> {
  return measure(bench, measured, { records, input }, async figures => {
    const sha256 = figures.rows ?? (await fileHash(figures.file))
    progress(`${measured.name}, ${records} records: ${(figures.wallMs / 1000).toFixed(2)} s`)
    return { ...figures, sha256 }
  })
}

function sideOf({ name }: BenchCase, seen: readonly Seen[]): Side {
  const [first] = seen
  if (first === undefined) throw new Error(`${name} was not run.`)
  if (seen.some(({ sha256 }) => sha256 !== first.sha256)) throw new Error(`${name} did not write the same in two of its runs.`)
  return {
    name,
    wallMs: seen.map(each => each.wallMs),
    cpuMs: seen.map(each => each.cpuMs),
    peakBytes: seen.map(each => each.peakBytes),
    recordsOut: first.recordsOut,
    bytesOut: first.bytesOut,
    sha256: first.sha256,
  }
}
