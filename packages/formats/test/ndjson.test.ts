import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAll, encodeAll, ndjson } from '../src/index.js'
import { allRecords, batchesOf, cutAt, encodeInUnits, nastyText, numRuns, pieces, plain, someSizes } from './tools.js'

const written = async (records: unknown[]) => Buffer.from(await encodeAll(ndjson(), records)).toString()

describe('reading NDJSON', () => {
  it.each([
    ['LF', '{"a":1}\n[2]\n'],
    ['CRLF', '{"a":1}\r\n[2]\r\n'],
    ['no line end at the end', '{"a":1}\n[2]'],
    ['blank lines', '\n{"a":1}\n \t\n[2]\n\n'],
    ['a byte order mark', '\uFEFF{"a":1}\n[2]\n'],
  ])('reads lines with %s', async (_, text) => {
    expect(await decodeAll(ndjson(), text)).toEqual({ records: [{ a: 1 }, [2]], unreadable: [] })
  })

  it.each(['', '\n', '1', '7\n'])('reads %j whole', async text => {
    expect((await decodeAll(ndjson(), text)).records).toEqual(text.trim() === '' ? [] : [Number(text)])
  })

  it('gives a bad line as unreadable, with line, byte and column, and reads on', async () => {
    const { records, unreadable } = await decodeAll(ndjson(), '{"é":1}\n{"b":1,}\nnope\n{"c":3\n4\n')

    expect(records).toEqual([{ é: 1 }, 4])
    expect(unreadable.map(({ raw, position }) => ({ raw, position }))).toEqual([
      { raw: '{"b":1,}', position: { line: 2, byte: 9, column: 8 } },
      { raw: 'nope', position: expect.objectContaining({ line: 3, byte: 18 }) },
      { raw: '{"c":3', position: expect.objectContaining({ line: 4, byte: 23 }) },
    ])
  })

  it('words the same mistake the same way, whatever the line says', async () => {
    const { unreadable } = await decodeAll(ndjson(), '{"abc":x}\n{"longer name":x}\n')
    const [first, second] = unreadable.map(({ error }) => error)

    expect(first).toMatchObject({ code: 'ETL_RECORD_UNPARSABLE', message: second?.message })
    expect(first?.message).toMatch(/^Not JSON: Unexpected token '?x'?\.$/)
  })

  it('gives text that is not UTF-8 as unreadable', async () => {
    const { records, unreadable } = await decodeAll(ndjson(), Buffer.from([0x22, 0xc3, 0x22, 10, 0x22, 0xc3, 0xb1, 0x22]))

    expect(records).toEqual(['ñ'])
    expect(unreadable[0]).toMatchObject({
      raw: '"\uFFFD"',
      position: { line: 1, byte: 0 },
      error: { message: 'The text is not UTF-8.' },
    })
  })

  it('passes over a line that is too long', async () => {
    const input = pieces(`1\n"${'x'.repeat(200_000)}"\n2\n`, [1_000])
    const batches = await batchesOf(ndjson(), input, undefined, { maxRecordBytes: 100_000 })
    const [bad] = batches.flatMap(batch => batch.unreadable ?? [])

    expect(allRecords(batches)).toEqual([1, 2])
    expect(bad?.position).toEqual({ line: 2, byte: 2 })
    expect(bad?.raw).toHaveLength(65_537)
    expect(batches.at(-1)?.positionOf?.(0)).toEqual({ line: 3, byte: 200_005 })
  })

  const long = Array.from({ length: 7_000 }, (_, id) => JSON.stringify({ id, text: 'é'.repeat(id % 20) })).join('\n')

  it('makes batches whose borders depend on the bytes alone', async () => {
    const whole = (await batchesOf(ndjson(), pieces(long, [1 << 20]))).map(plain)

    expect(whole.length).toBeGreaterThan(3)
    expect((await batchesOf(ndjson(), pieces(long, [999, 70_000]))).map(plain)).toEqual(whole)
  })

  it('goes on from every cursor with exactly the rest', async () => {
    const batches = (await batchesOf(ndjson(), pieces(long, [65_536]))).map(plain)

    for (const [index, { cursor }] of batches.entries()) {
      expect((await batchesOf(ndjson(), pieces(long, [65_536]), cursor)).map(plain)).toEqual(batches.slice(index + 1))
    }
  })
})

describe('numbers that JavaScript would change', () => {
  const read = async (text: string, exactNumbers: boolean) => (await decodeAll(ndjson({ exactNumbers }), text)).records[0]

  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740993', '-9007199254740993'],
    ['100000000000000000000', '100000000000000000000'],
    ['0', 0],
    ['-0.0', -0],
    ['1.0', 1],
    ['1e2', 100],
    ['2.50e-3', 0.0025],
    ['0.1', 0.1],
    ['0.10000000000000001', '0.10000000000000001'],
    ['5793.700000000001', 5793.700000000001],
    ['1234567890.123456789', '1234567890.123456789'],
    ['1e400', '1e400'],
    ['1e-400', '1e-400'],
    ['5e-324', 5e-324],
    ['0.000e-999', 0],
    ['1.7976931348623157e308', 1.7976931348623157e308],
  ])('reads %s as %j where exact numbers are asked for', async (token, value) => {
    expect(await read(`{"a":[${token}],"b":${token}}`, true)).toEqual({ a: [value], b: value })
  })

  it('rounds them where nothing is asked for', async () => {
    expect(await read('9007199254740993', false)).toBe(9007199254740992)
  })

  it('leaves texts, keys and mistakes alone', async () => {
    const text = '{"9007199254740993":"\\"9007199254740993 \\\\","b":true}'

    expect(await read(text, true)).toEqual(JSON.parse(text))
    expect((await decodeAll(ndjson({ exactNumbers: true }), '00000000000000001\n1-1-1-1-1-1-1-1-1-1\n')).unreadable).toHaveLength(
      2,
    )
  })

  it('changes nothing in what JSON.stringify wrote, but integers that are not safe', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async value => {
        const safe = JSON.stringify(value, (_, member) =>
          Number.isInteger(member) && !Number.isSafeInteger(member) ? 0 : member,
        )

        expect(await read(safe, true)).toEqual(JSON.parse(safe))
      }),
      { numRuns },
    )
  })
})

describe('writing NDJSON', () => {
  it('writes a line per record, big integers as digits, bytes as base64, dates as ISO text', async () => {
    expect(await written([{ a: 2n ** 64n, b: Buffer.from([1]), c: new Date(0), d: undefined, e: [undefined] }, 'x', null])).toBe(
      '{"a":"18446744073709551616","b":"AQ==","c":"1970-01-01T00:00:00.000Z","e":[null]}\n"x"\nnull\n',
    )
  })

  it('escapes half a surrogate pair, which JSON can hold', async () => {
    expect(await written(['\ud83d'])).toBe('"\\ud83d"\n')
  })

  const circle: Record<string, unknown> = {}
  circle.self = circle
  it.each([
    [{ a: { b: [1, Number.NaN] } }, ['a', 'b', 1]],
    [{ a: Number.NEGATIVE_INFINITY }, ['a']],
    [{ a: new Date(Number.NaN) }, ['a']],
    [{ a: () => 1 }, ['a']],
    [{ a: new Set([1]) }, ['a']],
    [undefined, []],
    [circle, ['self', 'self', 'self']],
  ])('refuses what JSON cannot hold, naming row and field: %#', async (record, path) => {
    await expect(written([{ a: 1 }, record])).rejects.toMatchObject({ code: 'ETL_RECORD_REFUSED', path, context: { row: 1 } })
  })

  it('refuses unknown options', () => {
    expect(() => ndjson({ bigNumbers: true } as never)).toThrow(
      '"bigNumbers" is not an option (known: exactNumbers, invalidUtf8, maxRecordBytes)',
    )
  })
})

describe('NDJSON there and back', () => {
  const records = fc.array(fc.oneof(fc.record({ a: nastyText, b: fc.jsonValue() }), fc.jsonValue(), nastyText), { maxLength: 10 })
  const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))

  it('is read back as it was, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(records, someSizes, async (rows, sizes) => {
        const bytes = await encodeAll(ndjson(), rows)
        const batches = await batchesOf(ndjson(), pieces(bytes, sizes))

        expect(allRecords(batches)).toEqual(asJson(rows))
      }),
      { numRuns },
    )
  })

  it('gives the same bytes wherever batches and units end', async () => {
    await fc.assert(
      fc.asyncProperty(records, someSizes, async (rows, sizes) => {
        const whole = await encodeInUnits(ndjson(), [rows], () => true)

        expect((await encodeInUnits(ndjson(), cutAt(rows, sizes), batch => batch % 2 === 0)).equals(whole)).toBe(true)
      }),
      { numRuns },
    )
  })
})
