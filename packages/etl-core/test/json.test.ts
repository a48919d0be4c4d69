import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, hashOf, splitId, toJson } from '../src/index.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 2_000 : 100

describe('canonical JSON', () => {
  it('is one text for equal values, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
        const shuffled = Object.fromEntries(Object.entries(value).reverse())

        expect(canonicalJson(shuffled)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns },
    )
  })

  it('takes a key without a value for absent', () => {
    expect(hashOf({ a: 1, b: undefined })).toBe(hashOf({ a: 1 }))
  })
})

describe('toJson', () => {
  it('says what JSON cannot, as text', () => {
    expect(toJson({ big: 2n ** 60n, at: new Date(0), bytes: new Uint8Array([1, 2]), nan: Number.NaN, none: undefined })).toEqual({
      big: '1152921504606846976',
      at: '1970-01-01T00:00:00.000Z',
      bytes: 'AQI=',
      nan: 'NaN',
    })
  })

  it('survives a value that holds itself', () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop

    expect(JSON.stringify(toJson(loop))).toContain('[too deep]')
  })

  it('gives anything back as it was, if JSON can say it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
        expect(toJson(value)).toEqual(value)
      }),
      { numRuns },
    )
  })
})

describe('a split id', () => {
  it('is a readable name and a hash of what decides the records, always a valid key', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (name, decides) => {
        expect(splitId(name, decides as never)).toMatch(/^[A-Za-z0-9._-]{1,120}$/)
      }),
      { numRuns },
    )
    expect(splitId('SP.POP.TOTL', { page: 1 })).not.toBe(splitId('SP.POP.TOTL', { page: 2 }))
  })
})
