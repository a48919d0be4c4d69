import fc from 'fast-check'
import { expect, test } from 'vitest'
import { xmlDocument } from '../src/s3/xml.js'
import { childrenOf, childText, readXml } from '../src/s3/xml-read.js'

const runs = 100 * (process.env.MILLRACE_TEST_LONG ? 20 : 1)
const read = (text: string) => readXml(Buffer.from(text), 'Root')

test('any text comes back from a document as it went in', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 3 }), texts => {
      const root = read(xmlDocument('Root', { Item: texts.map(Key => ({ Key })) }))

      expect(childrenOf(root, 'Item').map(item => childText(item, 'Key'))).toEqual(texts)
    }),
    { numRuns: runs },
  )
})

test('a list repeats its element, and what is undefined is left out', () => {
  expect(xmlDocument('Error', { A: [1, 2], B: undefined, C: { D: true } })).toMatch(
    /<Error><A>1<\/A><A>2<\/A><C><D>true<\/D><\/C><\/Error>$/,
  )
})

test.each([
  ['entities', '<Root><A>&lt;&#65;&#x42;&amp;&quot;</A></Root>', '<AB&"'],
  ['CDATA and comments', '<?xml version="1.0"?><Root xmlns="x"><!-- A --><A><![CDATA[<&>]]></A></Root>', '<&>'],
  ['prefixes and empty elements', '<s:Root xmlns:s="x"><s:B/><s:A>a</s:A></s:Root>', 'a'],
])('reads %s', (_, text, expected) => {
  expect(childText(read(text), 'A')).toBe(expected)
})

test.each([
  ['an end that is missing', '<Root><A></Root>'],
  ['a root of another name', '<Other/>'],
  ['two roots', '<Root/><Root/>'],
  ['text beside the root', '<Root/>x'],
  ['a bare ampersand', '<Root>a & b</Root>'],
  ['an entity of its own', '<Root>&mine;</Root>'],
  ['a document type', '<!DOCTYPE Root><Root/>'],
  ['nothing', ''],
])('refuses %s', (_, text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})
