import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../src/retry-after.js'

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
