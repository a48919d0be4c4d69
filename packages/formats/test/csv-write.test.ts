import { isRecordError } from '@millrace/etl-core'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { csv, decodeAll, encodeAll, gzip } from '../src/index.js'
import { cutAt, encodeInUnits, nastyText, numRuns, someSizes } from './tools.js'

const written = async (records: object[], options = {}) => Buffer.from(await encodeAll(csv<object>(options), records)).toString()

describe('writing CSV', () => {
  it.each([
    ['text', 'x', 'x'],
    ['a delimiter', 'x,y', '"x,y"'],
    ['a quote', 'x"y', '"x""y"'],
    ['a line feed', 'x\ny', '"x\ny"'],
    ['a carriage return', 'x\ry', '"x\ry"'],
    ['blanks at the ends', ' x ', ' x '],
    ['a byte order mark', '\uFEFFx', '"\uFEFFx"'],
    ['a blank inside', 'x y', 'x y'],
    ['nothing', '', ''],
    ['null', null, ''],
    ['undefined', undefined, ''],
    ['a number', 0.1 + 0.2, '0.30000000000000004'],
    ['a large number', 1e21, '1e+21'],
    ['a bigint', 12345678901234567890n, '12345678901234567890'],
    ['a boolean', false, 'false'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['bytes', new Uint8Array([1, 255]), 'Af8='],
    ['an object', { b: [1n, 'x'] }, '"{""b"":[""1"",""x""]}"'],
    ['an emoji', '😀', '😀'],
  ])('writes %s', async (_, value, field) => {
    expect(await written([{ a: value, b: 1 }])).toBe(`a,b\n${field},1\n`)
  })

  it('writes other dialects, with a mark and without a header', async () => {
    const records = [{ a: 'x;y', b: 'it\'s "\\' }]

    expect(await written(records, { delimiter: ';', lineEnd: '\r\n', bom: true })).toBe('\uFEFFa;b\r\n"x;y";"it\'s ""\\"\r\n')
    expect(await written(records, { header: false, quote: "'", escape: '\\' })).toBe("x;y,'it\\'s \"\\\\'\n")
  })

  it('tells null from empty text where asked to', async () => {
    expect(await written([{ a: null, b: '' }], { emptyText: 'quoted' })).toBe('a,b\n,""\n')
  })

  it('writes no blank line for an empty field that is alone', async () => {
    expect(await written([{ a: null }, { a: '' }])).toBe('a\n""\n""\n')
  })

  it('writes the stated columns in their order, and leaves the others out', async () => {
    expect(await written([{ a: 1, b: 2, c: 3 }, { c: 4 }], { columns: ['c', 'a'] })).toBe('c,a\n3,1\n4,\n')
  })

  it('takes the columns of the record schema, and has a header without records', async () => {
    const format = csv().prepare?.({ pipeline: 'p', schema: z.object({ b: z.string(), a: z.number().nullable() }) })

    expect(Buffer.from(format?.assemble([]).head ?? []).toString()).toBe('b,a\n')
    expect(format?.layout).toMatchObject({ format: 'csv', columns: ['b', 'a'] })
  })

  it('lets the first record decide where the schema has a field of unknown type', async () => {
    const schema = z.object({ a: z.any() })
    const format = csv<object>().prepare?.({ pipeline: 'p', schema })

    expect(Buffer.from(await encodeAll(format as never, [{ z: 1 }] as never)).toString()).toBe('z\n1\n')
  })

  it('keeps the columns of the first record for a process that sees none', async () => {
    const encoder = csv<object>().encoder()
    const bytes = await encoder.write([{ b: 1, a: 2 }])
    const { meta } = await encoder.end()
    const { head } = csv().assemble([{ bytes: 4, records: 1, meta: JSON.parse(JSON.stringify(meta)) }])

    expect(Buffer.concat([head, ...bytes]).toString()).toBe('b,a\n1,2\n')
  })

  it.each([
    ['plain', csv<object>()],
    ['compressed', gzip(csv<object>())],
  ])('goes on with the columns of the units before, whatever order the next record has: %s', async (_, format) => {
    const first = format.encoder()
    await first.write([{ b: 1, a: 2 }])
    const { meta } = await first.end()
    const units = [{ bytes: 4, records: 1, meta: JSON.parse(JSON.stringify(meta)) }]

    const next = format.encoder(units)
    await next.write([{ a: 4, b: 3 }])

    expect(await next.end()).toMatchObject({ meta })
    await expect(async () => format.encoder(units).write([{ a: 4, c: 3 }])).rejects.toMatchObject({ code: 'ETL_RECORD_REFUSED' })
  })

  it('refuses to put parts with different columns into one file', async () => {
    const unit = (...columns: string[]) => ({ bytes: 4, records: 1, meta: { columns } })

    expect(() => csv().assemble([unit('a', 'b'), unit('b', 'a')])).toThrow(/different columns \(a, b and b, a\)/)
  })

  it.each([
    ['NaN', Number.NaN, 'The number is NaN, which is not finite.'],
    ['infinity', Number.POSITIVE_INFINITY, 'The number is Infinity, which is not finite.'],
    ['NaN inside', { x: [Number.NaN] }, 'The number is NaN, which is not finite.'],
    ['an invalid date', new Date('x'), 'The date is invalid.'],
    ['a function', () => 1, 'A function cannot be written.'],
    ['a map', new Map(), 'A Map cannot be written.'],
    ['half a character', 'x\ud83d', 'The text holds half a surrogate pair, which UTF-8 cannot.'],
  ])('refuses %s, naming row and field', async (_, value, message) => {
    const encoder = csv<object>().encoder()
    let thrown: unknown
    try {
      await encoder.write([{ a: 1 }, { a: value }])
    } catch (error) {
      thrown = error
    }

    expect(isRecordError(thrown)).toBe(true)
    expect(thrown).toMatchObject({ code: 'ETL_RECORD_REFUSED', message, context: { row: 1 } })
    expect((thrown as { path: unknown[] }).path[0]).toBe('a')
  })

  it('refuses a field that has no column', async () => {
    await expect(written([{ a: 1 }, { a: 1, b: 2 }])).rejects.toMatchObject({ code: 'ETL_RECORD_REFUSED', path: ['b'] })
  })

  it('is as it was after a refused batch', async () => {
    const encoder = csv<object>().encoder()
    await expect(async () => encoder.write([{ x: 1 }, { x: Number.NaN }])).rejects.toThrow()

    const bytes = await encoder.write([{ a: 1 }])

    expect(Buffer.concat([...bytes]).toString()).toBe('1\n')
    expect(await encoder.end()).toMatchObject({ meta: { columns: ['a'] } })
  })

  it('says everything that is wrong with its options at once', () => {
    const options = { delimiter: '', quote: '\n', header: 'yes', columns: ['a', '', 'a'], sep: ';' }

    expect(() => csv(options as never)).toThrow(
      'Options of csv() are not valid: "delimiter" is not a text of 1 to 16 characters without line ends; "quote" is not one ASCII ' +
        'character other than a line end; "header" is not true or false; "columns" has no name in column 2 and has "a" more than once; ' +
        '"sep" is not an option (known: columns, delimiter, quote, escape, lineEnd, header, bom, emptyText, comment, relaxQuotes, invalidUtf8, ' +
        'maxFieldBytes, maxRecordBytes, guardFormulas).',
    )
  })

  it('refuses a delimiter that is the quote', () => {
    expect(() => csv({ delimiter: '"' })).toThrow('"delimiter" and "quote" are the same')
  })
})

describe('CSV there and back', () => {
  const records = fc.array(fc.record({ a: nastyText, b: nastyText, c: nastyText }), { minLength: 1, maxLength: 12 })

  it('gives the same bytes wherever batches and units end', async () => {
    await fc.assert(
      fc.asyncProperty(records, someSizes, someSizes, async (rows, sizes, other) => {
        const whole = await encodeInUnits(csv<object>(), [rows], () => true)
        const cut = await encodeInUnits(csv<object>(), cutAt(rows, sizes), batch => batch % (other[0] as number) === 0)

        expect(cut.toString()).toBe(whole.toString())
      }),
      { numRuns },
    )
  })

  it.each([
    {},
    { delimiter: ';', lineEnd: '\r\n' as const },
    { quote: "'", escape: '\\' },
    { delimiter: '\t', emptyText: 'quoted' as const },
  ])('is read back as it was, by us and by csv-parse: %j', async options => {
    await fc.assert(
      fc.asyncProperty(records, async rows => {
        const bytes = await encodeAll(csv<object>(options), rows)
        const { delimiter = ',', quote = '"', escape: escapeChar = quote, lineEnd = '\n' } = options as Record<string, string>

        expect(await decodeAll(csv<object>(options), bytes)).toEqual({ records: rows, unreadable: [] })
        expect(
          parse(Buffer.from(bytes), { columns: true, delimiter, quote, escape: escapeChar, record_delimiter: lineEnd }),
        ).toEqual(rows)
      }),
      { numRuns },
    )
  })

  it('reads what csv-stringify wrote', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (rows, quoted) => {
        const text = stringify(rows, { header: true, quoted })

        expect(await decodeAll(csv<object>(), text)).toEqual({ records: rows, unreadable: [] })
      }),
      { numRuns },
    )
  })

  it('keeps null and empty text apart where asked to', async () => {
    const value = fc.constantFrom(null, '', 'x', '"')
    const format = csv<{ a: string | null; b: string | null }>({ emptyText: 'quoted' })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ a: value, b: value }), { minLength: 1, maxLength: 6 }), async rows => {
        expect((await decodeAll(format, await encodeAll(format, rows))).records).toEqual(rows)
      }),
      { numRuns },
    )
  })

  it('keeps a lone column, empty or not', async () => {
    const rows = fc.array(fc.record({ a: nastyText }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(rows, async records => {
        expect((await decodeAll(csv<object>(), await encodeAll(csv<object>(), records))).records).toEqual(records)
      }),
      { numRuns },
    )
  })
})

describe('records that are no objects', () => {
  it.each([3, null, 'text', [1]])('%o is refused by its row, and none of the call is taken', other => {
    const encoder = csv<object>().encoder()

    expect(() => encoder.write([{ a: 1 }, other as never])).toThrowError(
      expect.objectContaining({ code: 'ETL_RECORD_REFUSED', context: { row: 1 } }),
    )
    expect(encoder.write([{ a: 1 }])).toHaveLength(1)
  })
})
