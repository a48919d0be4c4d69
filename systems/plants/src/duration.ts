import * as z from 'zod'

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** A century: further back there is no moment for every `now`. */
const longestMs = 36_500 * unitsMs.d

/** Milliseconds of a duration as people write it: `24h`, `90m`. */
export function durationMs(text: string): number {
  const unit = text.at(-1) as keyof typeof unitsMs
  return Number(text.slice(0, -1)) * unitsMs[unit]
}

/** A duration as a parameter. */
export const duration = z.string().refine(text => /^\d+[smhd]$/.test(text) && durationMs(text) <= longestMs, {
  error: 'must be a number and s, m, h or d, such as 24h, and at most 36500d',
})

/** A moment as a parameter: without a zone it could be two. */
export const moment = z.iso.datetime({
  offset: true,
  error: 'must be a moment with seconds and zone, such as 2026-03-01T08:00:00Z',
})
