import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partBytesAtLeast, partSize, partsAtMost } from '../src/part-sizes.js'

const mebibyte = 1024 * 1024
const numRuns = process.env.MILLRACE_TEST_LONG ? 2_000 : 100
const total = (partBytes: number, parts: number) => {
  let bytes = 0
  for (let number = 1; number <= parts; number++) bytes += partSize(number, partBytes)
  return bytes
}

describe('partSize', () => {
  test('stays at the given size for the first 800 parts, then doubles', () => {
    expect([1, 800, 801, 1600, 1601].map(number => partSize(number, 8 * mebibyte) / mebibyte)).toEqual([8, 8, 16, 16, 32])
  })

  test('never shrinks, and never falls below what S3 takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: partBytesAtLeast, max: 1 << 30 }),
        fc.integer({ min: 1, max: partsAtMost - 1 }),
        (bytes, number) => {
          expect(partSize(number + 1, bytes)).toBeGreaterThanOrEqual(partSize(number, bytes))
          expect(partSize(number, bytes)).toBeGreaterThanOrEqual(bytes)
        },
      ),
      { numRuns },
    )
  })

  test.each([5 * mebibyte, 8 * mebibyte, 64 * mebibyte])('lets 10,000 parts reach 5 TiB from %i bytes', partBytes => {
    expect(total(partBytes, partsAtMost)).toBeGreaterThan(5 * 1024 ** 4)
  })
})
