import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type CsvOptions, csv, decodeAll, encodeAll } from '../src/index.js'
import { allRecords, batchesOf, pieces } from './tools.js'

setFlagsFromString('--expose-gc')
/** Bytes that are held in buffers, without those that nobody has any more. */
const heldBytes = () => {
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}
const mebi = 1 << 20

describe.each<[string, CsvOptions, string]>([
  ['one byte for a delimiter', {}, ','],
  ['a long delimiter', { delimiter: '::' }, '::'],
])('a quote that is never closed, with %s', (_, options, delimiter) => {
  it('stops an endless stream at four times the limit, with the position, and memory stays flat', async () => {
    const chunk = Buffer.from(`3${delimiter}4\n`.repeat(8_000))
    const before = heldBytes()
    const held: number[] = []
    let taken = 0
    const input = {
      ...pieces('', [1], 's3://b/x.csv'),
      async *stream() {
        yield Buffer.from(`a${delimiter}b\n1${delimiter}2\n5${delimiter}"6\n`)
        for (;;) {
          taken += chunk.length
          if (taken > (held.length + 1) * 3 * mebi) held.push(heldBytes() - before)
          yield chunk
        }
      },
    }

    await expect(batchesOf(csv({ ...options, maxRecordBytes: 4 * mebi }), input)).rejects.toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      message: expect.stringMatching(/^s3:\/\/b\/x\.csv, line 3, byte \d+: a quote opened in this line is never closed/),
      context: { line: 3, byte: 6 + 2 * delimiter.length },
    })
    expect(taken / mebi).toBeCloseTo(16, 0)
    // A buffer that has grown to twice the limit; smaller ones before it may take a while to be freed.
    expect(held).toHaveLength(5)
    expect(held.at(-1)).toBeLessThan(10 * mebi)
  })

  it.each([[1], [1_000]])('counts as such where it closes too late, however the bytes come: pieces of %d', async size => {
    const text = `a${delimiter}b\n1${delimiter}"${'x'.repeat(60)}"\n3${delimiter}4\n`

    await expect(batchesOf(csv({ ...options, maxRecordBytes: 10 }), pieces(text, [size]))).rejects.toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      context: { line: 2 },
    })
  })

  it.each([[1], [1_000]])('is none if it opens far behind the start of a record and closes soon: pieces of %d', async size => {
    const text = `a${delimiter}b\n${'x'.repeat(60)}${delimiter}"y"\n3${delimiter}4\n`

    expect(allRecords(await batchesOf(csv({ ...options, maxRecordBytes: 10 }), pieces(text, [size])))).toEqual([
      { a: '3', b: '4' },
    ])
  })

  it('is told from a text that is only too long: reading goes on behind that', async () => {
    const text = `a${delimiter}b\n"${'x\n'.repeat(10_000)}"${delimiter}2\n3${delimiter}4\n`
    const { records, unreadable } = await decodeAll(csv({ ...options, maxRecordBytes: 10_000 }), text)

    expect(records).toEqual([{ a: '3', b: '4' }])
    expect(unreadable).toMatchObject([{ position: { line: 2 }, error: { message: expect.stringContaining('10000 bytes') } }])
  })
})

describe.each<[string, CsvOptions, string]>([
  ['by this reader', {}, ','],
  ['by csv-parse', { delimiter: '::' }, '::'],
])('limits and bytes that are no text, %s', (_, options, delimiter) => {
  it('gives a record with a text above maxFieldBytes as unreadable, naming the field; quotes and escapes do not count', async () => {
    const line = (...fields: string[]) => `${fields.join(delimiter)}\n`
    const text =
      line('a', 'b') +
      line('éé', '2222') +
      line('1', '22222') +
      line('"12""45"', '') +
      line('"1""3"', '"2,2"') +
      line('1234', '1234')
    const { records, unreadable } = await decodeAll(csv({ ...options, maxFieldBytes: 4 }), text)

    expect(records).toEqual([
      { a: 'éé', b: '2222' },
      { a: '1"3', b: '2,2' },
      { a: '1234', b: '1234' },
    ])
    expect(unreadable.map(({ position, error }) => [position, error.message])).toEqual([
      [{ line: 3, byte: 12 + 2 * delimiter.length, column: 'b' }, 'The field is longer than "maxFieldBytes" allows.'],
      [{ line: 4, byte: 19 + 3 * delimiter.length, column: 'a' }, 'The field is longer than "maxFieldBytes" allows.'],
    ])
  })

  it('reads with U+FFFD in place of what is not UTF-8 where asked to, in names too', async () => {
    const text = Buffer.from(`\xffa${delimiter}b\n1${delimiter}"x\xe2\x82"\n`, 'latin1')

    expect(await decodeAll(csv({ ...options, invalidUtf8: 'replace' }), text)).toEqual({
      records: [{ '\uFFFDa': '1', b: 'x\uFFFD' }],
      unreadable: [],
    })
    await expect(decodeAll(csv(options), text)).rejects.toThrow('the header cannot be read. The text is not UTF-8.')
  })

  it('keeps NUL bytes', async () => {
    expect((await decodeAll(csv(options), `a${delimiter}b\n\0${delimiter}"x\0"\n`)).records).toEqual([{ a: '\0', b: 'x\0' }])
  })
})

it('a limit that the reader states goes before that of the format', async () => {
  const text = `a,b\n${'x'.repeat(20)},2\n`

  expect(
    allRecords(await batchesOf(csv({ maxRecordBytes: 10 }), pieces(text, [9]), undefined, { maxRecordBytes: 30 })),
  ).toHaveLength(1)
  expect(allRecords(await batchesOf(csv({ maxRecordBytes: 10 }), pieces(text, [9]), undefined, {}))).toHaveLength(0)
})

describe('a field that looks like a formula', () => {
  const written = async (records: object[], options: CsvOptions = {}) =>
    Buffer.from(await encodeAll(csv<object>(options), records)).toString()

  it('is written as it is unless asked otherwise', async () => {
    expect(await written([{ a: '=1+1', b: '@x' }])).toBe('a,b\n=1+1,@x\n')
  })

  it.each([
    ['=1+2";=1+2', `"'=1+2"";=1+2"`],
    ['+1', `'+1`],
    ['-1', `'-1`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\t=1', `'\t=1`],
    ['\r=1', `"'\r=1"`],
    ['\n=1', `"'\n=1"`],
    ['＝1', `'＝1`],
    ['a=1', 'a=1'],
    [' =1', ' =1'],
    ['', ''],
    [-1, '-1'],
    [-1n, '-1'],
    [Buffer.from([0xf8]), `'+A==`],
    [Buffer.from('x'), 'eA=='],
  ])('gets a quote before it where asked to: %#', async (value, field) => {
    expect(await written([{ a: value, b: 1 }], { guardFormulas: true })).toBe(`a,b\n${field},1\n`)
  })

  it('is guarded among the names as well, and the records handed over stay as they are', async () => {
    const record = { '=a': '=1', b: '2' }

    expect(await written([record], { guardFormulas: true })).toBe("'=a,b\n'=1,2\n")
    expect(record).toEqual({ '=a': '=1', b: '2' })
  })

  it('changes the layout, so what was written without is not taken for the same', () => {
    expect(csv({ guardFormulas: true }).layout).not.toEqual(csv().layout)
    expect(csv({ relaxQuotes: true, invalidUtf8: 'replace', maxFieldBytes: 9 }).layout).toEqual(csv().layout)
  })
})
