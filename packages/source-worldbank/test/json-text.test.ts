import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elementTexts, valueTexts } from '../src/json-text.js'

const budget = { numRuns: 100 * (process.env.MILLRACE_TEST_LONG ? 20 : 1) }

const integer = fc.oneof(
  fc.constant('0'),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 30 }))
    .map(([a, b]) => `${a}${b}`),
)
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    integer,
    fc.option(fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 20 })),
    fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 400 }))),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : exponent.join('')}`,
  )

/** Strings that look like members, brackets and escapes. */
const nastyText = fc
  .array(fc.constantFrom('"value":1', '"', '\\', '{', '}', '[', ']', ',', ':', 'ñ', '\n', '\u2028', 'value', ' '), {
    maxLength: 8,
  })
  .map(parts => parts.join(''))
const blank = fc.constantFrom('', ' ', '\n  ', '\t')

const row = fc
  .tuple(
    fc.array(fc.tuple(nastyText, fc.jsonValue({ maxDepth: 3 })), { maxLength: 4 }),
    fc.option(numberText),
    fc.nat(4),
    blank,
    nastyText,
  )
  .map(([members, value, at, space, note]) => {
    const texts = members
      .filter(([key]) => key !== 'value')
      .map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`)
    texts.push(`"country":{"id":"AB","value":${JSON.stringify(note)}}`)
    texts.splice(at, 0, `"value"${space}:${space}${value ?? 'null'}`)
    return { text: `{${space}${texts.join(`${space},`)}${space}}`, value: value ?? 'null' }
  })

describe('the text of values', () => {
  it('is cut digit for digit, whatever else the rows hold', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), blank, (rows, space) => {
        const answer = `${space}[{"total":1,"value":7}${space},${space}[${rows.map(({ text }) => text).join(`,${space}`)}]${space}]`
        JSON.parse(answer)

        expect(valueTexts(answer)).toEqual(rows.map(({ value }) => value))
      }),
      budget,
    )
  })

  it.each(['1.50', '-0', '4887519660744.86', '123456789012345678901234567890', '1E+3', '1.0e-7', 'null', '"12"'])(
    'keeps %s',
    value => {
      expect(valueTexts(`[{},[{"date":"2020","value":${value}}]]`)).toEqual([value])
    },
  )

  it('is that of the row itself, not of what is inside it', () => {
    const text = '[{},[{"indicator":{"id":"A","value":"\\"value\\":1"},"country":{"value":2},"list":[{"value":3}],"value":4}]]'

    expect(valueTexts(text)).toEqual(['4'])
  })

  it('is found under an escaped name, and is the last of several, as JSON.parse has it', () => {
    expect(valueTexts('[{},[{"value":1,"\\u0076alue":2.0}]]')).toEqual(['2.0'])
  })

  it('is undefined for a row without one, and for what is no row', () => {
    expect(valueTexts('[{},[{"date":"2020"},null,7,[{"value":1}],{}]]')).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('ends on any text, JSON or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'value', '1', ' '), { maxLength: 40 }),
        parts => {
          const text = parts.join('')
          try {
            valueTexts(text)
          } catch (error) {
            // An escape in a name that is none.
            expect(error).toBeInstanceOf(SyntaxError)
          }
        },
      ),
      budget,
    )
  })
})

describe('the texts of elements', () => {
  it('are those of the array, in order', () => {
    expect(elementTexts(' [1.0, {"a":[1,"]"]} ,"x,y",null]')).toEqual(['1.0', '{"a":[1,"]"]}', '"x,y"', 'null'])
    expect(elementTexts('[]')).toEqual([])
  })
})
