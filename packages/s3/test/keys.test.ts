import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copySource, fitsXml, headerText, listedKey, plainEtag } from '../src/keys.js'

describe('keys on their way', () => {
  test('are encoded for copying, all but their slashes', () => {
    expect(copySource('lake', 'a b/c+d%/é?#.csv')).toBe('lake/a%20b/c%2Bd%25/%C3%A9%3F%23.csv')
  })

  test.each([
    ['a+b', 'a b'],
    ['a%20b', 'a b'],
    ['a%2Bb%252F', 'a+b%2F'],
    ['%E6%9D%B1/%01', '東/\u0001'],
    ['100%', '100%'],
  ])('listed as %s are read as %s', (listed, key) => {
    expect(listedKey(listed, true)).toBe(key)
  })

  test('are read as they are when the server did not encode them', () => {
    expect(listedKey('a+b%20', false)).toBe('a+b%20')
  })

  test('survive encoding and decoding, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), key => {
        expect(listedKey(encodeURIComponent(key), true)).toBe(key)
      }),
    )
  })

  test('with control characters do not go into XML', () => {
    expect(['a', 'tab\t', 'line\n', 'é🚂', '\u0001', 'a\u001fb'].map(fitsXml)).toEqual([true, true, true, true, false, false])
  })
})

test('etags are the same with and without quotes', () => {
  expect(['"abc-2"', 'abc-2', 'W/"abc-2"', ''].map(plainEtag)).toEqual(['abc-2', 'abc-2', 'abc-2', ''])
})

test('metadata is made fit for a header, and can be read back', () => {
  expect(headerText('plain, 100% text – ñ\n')).toBe('plain, 100%25 text %E2%80%93 %C3%B1%0A')
  expect(decodeURIComponent(headerText('100% – ñ'))).toBe('100% – ñ')
})
