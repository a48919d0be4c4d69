import { describe, expect, it } from 'vitest'
import { summaryOf } from '../src/day-of.js'

describe('a day summed up', () => {
  it('has the value itself as the mean where all are the same', () => {
    for (const value of [41.1, 16.123456789012344, -0.1]) {
      expect(summaryOf(Array.from({ length: 1_440 }, () => value))).toEqual({
        min: value,
        max: value,
        mean: value,
        median: value,
      })
    }
  })

  it('loses no digit to the order or the size of the values', () => {
    expect(summaryOf([1e16, 1, -1e16, 1]).mean).toBe(0.5)
  })

  it('has a mean that is no less than the least and no more than the most', () => {
    const { min, max, mean } = summaryOf([0.1, 0.1, 0.30000000000000004])

    expect(mean).toBeGreaterThanOrEqual(min)
    expect(mean).toBeLessThanOrEqual(max)
  })
})
