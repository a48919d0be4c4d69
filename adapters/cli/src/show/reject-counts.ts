import type { Reject, RejectFilter } from '@millrace/etl-core'
import { printable } from './units.js'

/** How often one reason occurred at one stage of one load. */
export interface RejectCount {
  readonly loadId: string
  readonly stage: string
  readonly reason: string
  readonly count: number
}

/** Different reasons counted one by one at most. A reason that holds values of the record may be another one for each reject. */
const maxReasons = 10_000
const otherReasons = '(other reasons)'

/** Counts rejects by load, stage and reason: loads as they come, what is frequent first. */
export async function countRejects(rejects: AsyncIterable<Reject>): Promise<RejectCount[]> {
  const counts = new Map<string, { -readonly [K in keyof RejectCount]: RejectCount[K] }>()
  for await (const { loadId, stage, reason } of rejects) {
    const own = JSON.stringify([loadId, stage, reason])
    const key = counts.has(own) || counts.size < maxReasons ? own : JSON.stringify([loadId, stage, otherReasons])
    const known = counts.get(key)
    if (known) known.count++
    else counts.set(key, { loadId, stage, reason: key === own ? reason : otherReasons, count: 1 })
  }
  const loads = [...new Set([...counts.values()].map(({ loadId }) => loadId))]
  const place = new Map(loads.map((loadId, at) => [loadId, at]))
  return [...counts.values()].sort(
    (a, b) => (place.get(a.loadId) as number) - (place.get(b.loadId) as number) || b.count - a.count,
  )
}

/** How often one reason occurred at one stage, over all loads. */
export interface ReasonCount {
  readonly stage: string
  readonly reason: string
  readonly count: number
  /** In how many loads. */
  readonly loads: number
  readonly firstLoad: string
  readonly lastLoad: string
}

/** Counts rejects by stage and reason, what is frequent first: what keeps coming back is one line, however many loads it was in. */
export async function countReasons(rejects: AsyncIterable<Reject>): Promise<{ reasons: ReasonCount[]; loads: number }> {
  const counts = new Map<string, { -readonly [K in keyof ReasonCount]: ReasonCount[K] }>()
  const loads = new Set<string>()
  for await (const { loadId, stage, reason } of rejects) {
    loads.add(loadId)
    const own = JSON.stringify([stage, reason])
    const key = counts.has(own) || counts.size < maxReasons ? own : JSON.stringify([stage, otherReasons])
    const known = counts.get(key)
    if (!known) {
      const first = { count: 1, loads: 1, firstLoad: loadId, lastLoad: loadId }
      counts.set(key, { stage, reason: key === own ? reason : otherReasons, ...first })
      continue
    }
    known.count++
    // They come load by load.
    if (known.lastLoad !== loadId) known.loads++
    known.lastLoad = loadId
  }
  return { reasons: [...counts.values()].sort((a, b) => b.count - a.count), loads: loads.size }
}

export const totalOf = (counts: readonly { readonly count: number }[]): number =>
  counts.reduce((sum, { count }) => sum + count, 0)

/** There are none, as a line for stderr. */
export function noRejectsText(pipeline: string, place: string, filter: RejectFilter): string {
  const fitting = Object.keys(filter).length > 0 ? ' that fit' : ''
  return printable(`millrace: "${pipeline}" has no rejects${fitting} at ${place}.`).concat('\n')
}
