import type { Bench } from './measure.js'
import { microCases } from './micro/index.js'
import type { MicroFigures } from './micro/micro-case.js'
import { median } from './numbers.js'
import { runEntry } from './processes.js'
import { progress } from './progress.js'

/** One loop, over its processes. */
export interface MicroResult {
  readonly name: string
  readonly group: string
  readonly title: string
  /** CPU time, nanoseconds, the median of each process. */
  readonly nsPerRow: readonly number[]
}

/** Times every loop in turns, each time in a process of its own. */
export async function microOf(bench: Bench, timedMs: number, runs: number): Promise<MicroResult[]> {
  const seen = new Map(microCases.map(each => [each, [] as number[]]))
  for (let run = 0; run < runs; run++) {
    for (const [{ name }, times] of seen) {
      const { nsPerRow } = JSON.parse(await runEntry(bench, 'micro-process', [name, String(timedMs)])) as MicroFigures
      times.push(nsPerRow)
    }
  }
  for (const [{ name }, times] of seen) progress(`${name}: ${median(times).toFixed(0)} ns a row`)
  return [...seen].map(([{ name, group, title }, nsPerRow]) => ({ name, group, title, nsPerRow }))
}
