import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWrittenPlainly, numberIn } from '../src/csv/number.js'
import { mostNumberBytes, writeNumber } from '../src/csv/number-text.js'
import { numRuns } from './tools.js'

const digits = fc.stringMatching(/^[0-9]{0,18}$/)
const numberLike = fc.oneof(
  fc
    .tuple(fc.constantFrom('', '-', '+', ' '), digits, fc.constantFrom('', '.', '..', 'e', ' '), digits)
    .map(parts => parts.join('')),
  fc.double().map(String),
  fc.tuple(fc.integer(), fc.integer({ min: 0, max: 12 })).map(([whole, places]) => (whole / 10 ** places).toFixed(places)),
  fc.constantFrom(
    '',
    '-',
    '.',
    '-.',
    '0',
    '-0',
    '00',
    '0.0',
    '-0.0',
    '0.000001',
    '0.0000001',
    '0.10',
    '1.',
    '.5',
    'NaN',
    'Infinity',
    '0x1f',
  ),
)

describe('a number in text', () => {
  it('is what Number makes of it, or left to Number', () => {
    let quick = 0
    fc.assert(
      fc.property(numberLike, text => {
        const bytes = Buffer.from(`"${text}"`)
        const number = numberIn(bytes, 1, bytes.length - 1)
        if (number === undefined) return
        quick++
        expect(number).toBe(Number(text))
      }),
      { numRuns: 20 * numRuns },
    )
    expect(quick).toBeGreaterThan(numRuns)
  })

  it('is written plainly only if String gives it back', () => {
    let plain = 0
    fc.assert(
      fc.property(numberLike, text => {
        const bytes = Buffer.from(`"${text}"`)
        if (!isWrittenPlainly(bytes, 1, bytes.length - 1)) return
        plain++
        expect(String(Number(text))).toBe(text)
      }),
      { numRuns: 20 * numRuns },
    )
    expect(plain).toBeGreaterThan(numRuns)
  })
})

describe('a number as text', () => {
  const number = fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer(),
    fc.double({ min: -1e16, max: 1e16, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 22 })).map(([whole, places]) => whole / 10 ** places),
    fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })).map(([whole, places]) => whole / 10 ** places),
    fc.constantFrom(
      0,
      -0,
      1e-6,
      9.99e-7,
      0.1,
      0.01,
      0.001,
      0.1 + 0.2,
      1e15,
      1e15 - 1,
      999999999999999.9,
      1e21,
      2 ** 53,
      0.5,
      99999999,
      1e8,
    ),
  )

  it('is what String makes of it, or left to String', () => {
    let quick = 0
    const bytes = Buffer.alloc(mostNumberBytes + 2)
    fc.assert(
      fc.property(number, value => {
        bytes.fill(120)
        const end = writeNumber(value, bytes, 1)
        if (end < 0) return
        quick++
        expect(bytes.toString('latin1', 0, end)).toBe(`x${value}`)
        expect(end).toBeLessThanOrEqual(mostNumberBytes + 1)
      }),
      { numRuns: 50 * numRuns },
    )
    expect(quick).toBeGreaterThan(5 * numRuns)
  })
})
