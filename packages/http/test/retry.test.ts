import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, retryAfterMs } from '../src/retry.js'

const budget = { numRuns: 100 * (process.env.MILLRACE_TEST_LONG ? 20 : 1) }
const retry = { attempts: 6, firstMs: 500, maxMs: 120_000 }

describe('backoff', () => {
  it('doubles up to its cap, half of it random', () => {
    expect([1, 2, 3, 9].map(attempt => backoffMs(attempt, retry, 1))).toEqual([500, 1000, 2000, 120_000])
    expect([1, 2, 3, 9].map(attempt => backoffMs(attempt, retry, 0))).toEqual([250, 500, 1000, 60_000])
  })

  it('never exceeds the cap, however many attempts there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const ms = backoffMs(attempt, retry, random)
        return ms >= 250 && ms <= retry.maxMs
      }),
      budget,
    )
  })
})

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 0, 1)

  it.each([
    ['120', 120_000],
    [' 1 ', 1_000],
    ['0', 0],
    ['0.5', 500],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['1e3', undefined],
  ])('"%s" is %s ms', (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected)
  })

  it('may be absent', () => {
    expect(retryAfterMs(undefined, nowMs)).toBeUndefined()
  })
})
