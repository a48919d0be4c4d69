import type { DecodeOptions, LateColumns, Rows } from '@millrace/etl-core'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CsvOptions, csv, decodeAll, encodeAll } from '../src/index.js'
import { allRecords, batchesOf, nastyText, numRuns, pieces, plain, someSizes } from './tools.js'

const read = (text: string | Uint8Array, options: CsvOptions) => decodeAll(csv(options), text)
const bad = async (text: string | Uint8Array, options: CsvOptions) =>
  (await read(text, options)).unreadable.map(({ raw, position, error }) => ({ raw, position, message: error.message }))

describe('dialects that csv-parse reads', () => {
  it.each<[string, CsvOptions, string]>([
    ['a delimiter of several characters', { delimiter: '||' }, 'a||b\n1||"2||""x"""\n|||3\n'],
    ['a delimiter that begins as it ends', { delimiter: '::' }, 'a::b\n1::"2::""x"""\n:::3\n'],
    ['a delimiter that is not ASCII', { delimiter: '§' }, 'a§b\n1§"2§""x"""\n§"§3"\n'],
    ['lines of comment', { comment: '#' }, '# "what\na,b\n#\n1,"2,""x"""\n"#",#3\n# end'],
    ['comments that begin with two characters', { comment: '--' }, '--\na,b\n-1,"2"\n-- 1,"2\n1,--\n'],
    ['quotes where none belong', { relaxQuotes: true }, 'a,b\n1"1, "2"\n"x"y,"z"\n"x "y"z,2"\n'],
  ])('reads %s as csv-parse does', async (_, options, text) => {
    const { delimiter, comment, relaxQuotes } = options
    const judged = parse(text, {
      ...{ delimiter, comment, relax_quotes: relaxQuotes },
      columns: true,
      comment_no_infix: true,
    } as never)

    expect(judged).toHaveLength(text.includes('x "y"') ? 3 : 2)
    expect(await read(text, options)).toEqual({ records: judged, unreadable: [] })
  })

  it.each(['\n', '\r\n', '\r'])('tells lines that end in %j', async lineEnd => {
    const text = ['# first', 'a||b', `"x${lineEnd}y"||2`, '', '# last', '3||4'].join(lineEnd)
    const [batch] = await batchesOf(csv({ delimiter: '||', comment: '#' }), pieces(text, [2]))

    expect(allRecords(batch ? [batch] : [])).toEqual([
      { a: `x${lineEnd}y`, b: '2' },
      { a: '3', b: '4' },
    ])
    expect([0, 1].map(row => batch?.positionOf?.(row))).toEqual([
      { line: 3, byte: text.indexOf('"x') },
      { line: 7, byte: text.indexOf('3||') },
    ])
  })

  it('passes over a byte order mark, and keeps the columns that were asked for in place of a header', async () => {
    const options: CsvOptions = { delimiter: '::', header: false, columns: ['__proto__', 'constructor'] }
    const { records } = await read('\uFEFF1::2\n', options)

    expect(Object.entries(records[0] as object)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
  })

  it('tells null from empty text, and keeps blank lines in a file of one column', async () => {
    expect((await read('a::b\n::""\n', { delimiter: '::', emptyText: 'quoted' })).records).toEqual([{ a: null, b: '' }])
    expect((await read('a\n#\n\n""\n', { comment: '#' })).records).toEqual([{ a: '' }, { a: '' }])
  })

  it.each<[string, string, string, object]>([
    ['a row that is too short', '1', 'The row has 1 field and the header 2.', { column: 'b' }],
    ['a row that is too long', '1::2::3', 'The row has 3 fields and the header 2.', { column: 3 }],
    ['a stray quote', '1::x"y', 'A quote stands within a field that does not begin with one.', { column: 'b' }],
    ['text behind a quote', '"x"y::2', 'Text follows the closing quote of a field.', { column: 'a' }],
    ['half a delimiter behind a quote', '1::"x":', 'Text follows the closing quote of a field.', { column: 'b' }],
    ['a comment behind a quote', '"x"#y::2', 'Text follows the closing quote of a field.', { column: 'a' }],
    ['a fault before a quoted line end', '"x"y::"\n"', 'Text follows the closing quote of a field.', { column: 'a' }],
  ])('gives %s as unreadable and reads on', async (_, line, message, column) => {
    const text = `# é\na::b\n${line}\n3::4\n`
    const options = { delimiter: '::', comment: '#' }

    expect(await bad(text, options)).toEqual([{ raw: line, position: { line: 3, byte: 10, ...column }, message }])
    expect((await read(text, options)).records).toEqual([{ a: '3', b: '4' }])
  })

  it('gives half a delimiter behind a quote as unreadable at the very end too', async () => {
    expect(await bad('a::b\n1::"x":', { delimiter: '::' })).toMatchObject([
      { raw: '1::"x":', message: 'Text follows the closing quote of a field.' },
    ])
  })

  it('gives a quote that is never closed as unreadable, with its line', async () => {
    expect(await bad('a::b\n1::"2\n3::4\n', { delimiter: '::', relaxQuotes: true })).toEqual([
      {
        raw: '1::"2\n3::4\n',
        position: { line: 2, byte: 5, column: 'b' },
        message: 'A quote is opened and never closed.',
      },
    ])
  })

  it('gives text that is not UTF-8 as unreadable, naming the field', async () => {
    const text = Buffer.concat([Buffer.from('a§b\n1§"'), Buffer.from([0xff]), Buffer.from('"\n3§4\n')])

    expect(await bad(text, { delimiter: '§' })).toEqual([
      { raw: '1§"\uFFFD"', position: { line: 2, byte: 5, column: 'b' }, message: 'The text is not UTF-8.' },
    ])
  })

  it.each([
    ['a::::b\n', 'the header has no name in column 2.'],
    ['a::b::a\n', 'the header has "a" more than once.'],
    ['a::b"c\n', 'the header cannot be read. A quote stands within'],
  ])('refuses the header of %j', async (text, message) => {
    await expect(read(text, { delimiter: '::' })).rejects.toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      message: expect.stringContaining(message),
    })
  })

  it('passes over a record that is too long', async () => {
    const text = `a::b\n1::2\n${'y'.repeat(30)}::2\n3::4\n`
    const batches = await batchesOf(csv({ delimiter: '::' }), pieces(text, [7]), undefined, { maxRecordBytes: 10 })

    expect(allRecords(batches)).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ])
    expect(batches.flatMap(({ unreadable = [] }) => unreadable)).toMatchObject([
      { raw: `${'y'.repeat(10)}…`, position: { line: 3, byte: 10 } },
    ])
  })

  const long = `a::b\n${Array.from({ length: 5_000 }, (_, row) => `${row}::"é ""${row}"" ${'x'.repeat(row % 50)}\n"\r\n# no\r\n`).join('')}bad\r\n1::"`
  const longOptions = { delimiter: '::', comment: '#' }

  it('makes batches of about 64 KiB whose borders do not depend on how the bytes arrive', async () => {
    const whole = (await batchesOf(csv(longOptions), pieces(long, [1 << 20]))).map(plain)

    expect(whole.length).toBe(Math.ceil(Buffer.byteLength(long) / 65_570))
    expect((await batchesOf(csv(longOptions), pieces(long, [1_000, 7, 70_001]))).map(plain)).toEqual(whole)
  })

  it('goes on from every cursor with exactly the rest', async () => {
    const batches = (await batchesOf(csv(longOptions), pieces(long, [65_536]))).map(plain)

    expect(batches.length).toBeGreaterThan(3)
    for (const [index, { cursor }] of batches.entries()) {
      const rest = await batchesOf(csv(longOptions), pieces(long, [50_000]), JSON.parse(JSON.stringify(cursor)))
      expect(rest.map(plain)).toEqual(batches.slice(index + 1))
    }
  })

  it('stops at the signal', async () => {
    const control = new AbortController()
    const options: DecodeOptions = { signal: control.signal }
    const reading = csv(longOptions)
      .decode(pieces(long, [1_000]), undefined, options)
      [Symbol.asyncIterator]()
    await reading.next()
    control.abort(new Error('enough'))

    await expect(reading.next()).rejects.toThrow('enough')
  })
})

describe('csv-parse as the judge of other dialects', () => {
  const dialects: readonly CsvOptions[] = [
    { delimiter: '::' },
    { delimiter: ';;', quote: "'", escape: '\\' },
    { delimiter: '§', comment: '--' },
    { comment: '#' },
    { relaxQuotes: true },
    { delimiter: ':;:', relaxQuotes: true, comment: '#' },
    { relaxQuotes: true, quote: "'", escape: '\\' },
  ]
  const parts = [
    '"',
    "'",
    '""',
    ',',
    ':',
    ';',
    '::',
    ':;',
    ';;',
    '§',
    '\n',
    '\n',
    '\r\n',
    'a',
    'b1',
    ' ',
    'é',
    '😀',
    '\\',
    '#',
    '--',
  ]
  // A comment may stand behind a closing quote for csv-parse, and drops what follows; here it is text behind a quote.
  const body = fc.array(fc.constantFrom(...parts), { maxLength: 24 }).map(each => each.join('').replace(/(?<=["'])(#|--)+/g, ''))

  const parsed = (
    text: Buffer,
    { delimiter = ',', quote = '"', escape: escapeChar = quote, comment, relaxQuotes }: CsvOptions,
  ) => {
    try {
      return parse(text, {
        ...{ delimiter, quote, escape: escapeChar, comment, comment_no_infix: true, relax_quotes: relaxQuotes },
        ...{ columns: true, record_delimiter: ['\r\n', '\n'], skip_empty_lines: true },
      } as never) as object[]
    } catch {
      return undefined
    }
  }

  it('agrees where it reads everything, and where it does not, something is unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...dialects), someSizes, async (rows, options, sizes) => {
        const text = Buffer.from(`x${options.delimiter ?? ','}y\n${rows}`)
        const batches = await batchesOf(csv(options), pieces(text, sizes))
        const judged = parsed(text, options)

        const unread = batches.flatMap(({ unreadable = [] }) => unreadable)
        if (judged === undefined) expect(unread).not.toEqual([])
        else expect({ records: allRecords(batches), unread }).toEqual({ records: judged, unread: [] })
      }),
      { numRuns: 5 * numRuns },
    )
  })

  it('broken or too long, what comes out does not depend on how the bytes arrive', async () => {
    const bytes = fc.array(fc.constantFrom(...Buffer.from('"",,,:\n\n\r\rab#'), 0xe2, 0x82, 0xac, 0xff), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.constantFrom(...dialects),
        someSizes,
        fc.integer({ min: 2, max: 12 }),
        async (rows, options, sizes, maxRecordBytes) => {
          const text = Buffer.concat([Buffer.from('a\n'), Buffer.from(rows)])
          const readIn = (by: readonly number[]) =>
            batchesOf(csv(options), pieces(text, by), undefined, { maxRecordBytes }).then(
              batches => batches.map(plain),
              error => String(error),
            )

          expect(await readIn(sizes)).toEqual(await readIn([1_000]))
        },
      ),
      { numRuns: 3 * numRuns },
    )
  })

  it.each(dialects)('reads what is written in the dialect, and so does csv-parse: %j', async options => {
    const text = fc.oneof(nastyText, fc.constantFrom(...parts, '#x', '--y', ':', ';', 'x:', ':;'))
    const records = fc.array(fc.record({ a: text, b: text }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(records, async rows => {
        const bytes = Buffer.from(await encodeAll(csv<object>(options), rows))

        expect(await read(bytes, options)).toEqual({ records: rows, unreadable: [] })
        expect(parsed(bytes, options)).toEqual(rows)
      }),
      { numRuns },
    )
  })
})

it.each<CsvOptions>([{ delimiter: '§' }, { delimiter: '||' }, { comment: 'x' }, { guardFormulas: true }])(
  'writes the same whether records are made or not: %j',
  async options => {
    const [batch] = await batchesOf(csv(), pieces('a,b\nx,§\n=1,|\n', [64]))
    const { records } = batch as { records: Rows<Record<string, string>> }
    const late = await csv<object>(options)
      .encoder()
      .writeLate?.(records.late as LateColumns)

    const written = await csv<object>(options).encoder().write(records.toArray())
    expect(late ?? written).toEqual(written)
  },
)

it('refuses marks that cannot be told apart', () => {
  expect(() => csv({ delimiter: ':":', comment: '#:' })).toThrow(
    '"delimiter" has a character of quote; "comment" has a character of delimiter, quote or escape.',
  )
  expect(() => csv({ delimiter: '\ud83d', comment: 'a\nb' })).toThrow(
    '"delimiter" is not a text of 1 to 16 characters without line ends; "comment" is not a text of 1 to 16 characters',
  )
})
