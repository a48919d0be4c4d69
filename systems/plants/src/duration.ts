const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a duration as people write it: `24h`, `90m`. */
export function durationMs(text: string): number {
  const unit = text.at(-1) as keyof typeof unitsMs
  return Number(text.slice(0, -1)) * unitsMs[unit]
}
