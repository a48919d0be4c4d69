import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAll, encodeAll, json } from '../src/index.js'
import { allRecords, batchesOf, cutAt, encodeInUnits, nastyText, numRuns, pieces, plain, someSizes } from './tools.js'

const jsonItems = fc.array(fc.oneof(fc.record({ a: nastyText, b: fc.jsonValue() }), fc.jsonValue(), nastyText), { maxLength: 10 })

describe('reading a JSON array', () => {
  it.each(['[]', ' [ \n ] \n', '\uFEFF[]'])('finds no elements in %j', async text => {
    expect(await decodeAll(json(), text)).toEqual({ records: [], unreadable: [] })
  })

  it('finds the elements between brackets, commas and quotes of any depth', async () => {
    const value = [{ a: '],[{"\\' }, [[1], { b: [] }], '"', -1.5, null, true, {}, []]

    expect((await decodeAll(json(), JSON.stringify(value))).records).toEqual(value)
    expect((await decodeAll(json(), JSON.stringify(value, null, 2))).records).toEqual(value)
  })

  it('gives a bad element as unreadable, with index, line and byte, and reads on', async () => {
    const { records, unreadable } = await decodeAll(json(), '[1,\n  nope,\n,{"a":1}}, "x"]')

    expect(records).toEqual([1, 'x'])
    expect(unreadable.map(({ raw, position }) => ({ raw, position }))).toEqual([
      { raw: 'nope', position: { index: 1, line: 1, byte: 6 } },
      { raw: '', position: expect.objectContaining({ index: 2 }) },
      { raw: '{"a":1}}', position: expect.objectContaining({ index: 3 }) },
    ])
  })

  it('names a missing element at the end', async () => {
    expect((await decodeAll(json(), '[1,]')).unreadable[0]).toMatchObject({
      position: { index: 1 },
      error: { message: 'An element is missing.' },
    })
  })

  it('says where each element stood', async () => {
    const [batch] = await batchesOf(json(), pieces('[\n{"a":1},\n{"a":2}\n]\n', [4]))

    expect([0, 1].map(row => batch?.positionOf?.(row))).toEqual([
      { index: 0, line: 1, byte: 2 },
      { index: 1, line: 2, byte: 11 },
    ])
  })

  it.each([
    ['', 'truncated'],
    ['[', 'truncated'],
    ['[1', 'truncated'],
    ['[1,{"a":"]', 'truncated'],
    ['{"a":1}', 'here stands "{"'],
    ['[1] x', 'behind the end of the JSON array stands "x"'],
    ['[1][2]', 'behind the end of the JSON array stands "["'],
  ])('refuses %j', async (text, message) => {
    await expect(decodeAll(json(), text)).rejects.toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      message: expect.stringContaining(message),
    })
  })

  it('gives the elements before a break, then fails', async () => {
    const records: unknown[] = []
    const reading = (async () => {
      for await (const batch of json().decode(pieces('[1,2,{"a":', [3], 's3://b/x.json'), undefined))
        records.push(...(batch.records as unknown[]))
    })()

    await expect(reading).rejects.toThrow(/^s3:\/\/b\/x\.json: .*truncated/)
    expect(records).toEqual([1, 2])
  })

  it('keeps exact numbers where asked to', async () => {
    expect((await decodeAll(json({ exactNumbers: true }), '[9007199254740993,{"a":1}]')).records).toEqual([
      '9007199254740993',
      { a: 1 },
    ])
  })

  it('passes over an element that is too long', async () => {
    const input = pieces(`[1,"${'x'.repeat(500)}", 2]`, [50])
    const batches = await batchesOf(json(), input, undefined, { maxRecordBytes: 100 })

    expect(allRecords(batches)).toEqual([1, 2])
    expect(batches.flatMap(batch => batch.unreadable ?? [])).toMatchObject([{ position: { index: 1, byte: 3 } }])
  })

  const long = JSON.stringify(
    Array.from({ length: 7_000 }, (_, id) => ({ id, text: 'é,]'.repeat(id % 20) })),
    null,
    1,
  )

  it('makes batches whose borders depend on the bytes alone', async () => {
    const whole = (await batchesOf(json(), pieces(long, [1 << 20]))).map(plain)

    expect(whole.length).toBeGreaterThan(3)
    expect((await batchesOf(json(), pieces(long, [999, 70_000]))).map(plain)).toEqual(whole)
  })

  it('goes on from every cursor with exactly the rest', async () => {
    const batches = (await batchesOf(json(), pieces(long, [65_536]))).map(plain)

    expect(batches.at(-1)?.cursor).toMatchObject({ index: 7_000, closed: true })
    for (const [index, { cursor }] of batches.entries()) {
      expect((await batchesOf(json(), pieces(long, [65_536]), cursor)).map(plain)).toEqual(batches.slice(index + 1))
    }
  })
})

describe('writing a JSON array', () => {
  it('writes a record per line', async () => {
    expect(Buffer.from(await encodeAll(json(), [{ a: 1n }, 'x'])).toString()).toBe('[\n{"a":"1"},\n"x"\n]\n')
  })

  it('writes an empty array where there are no records', async () => {
    expect(Buffer.from(await encodeAll(json(), [])).toString()).toBe('[]\n')
  })

  it('writes nothing of a batch with a refused record', async () => {
    const encoder = json().encoder()
    await expect(async () => encoder.write([1, Number.NaN])).rejects.toMatchObject({ code: 'ETL_RECORD_REFUSED' })

    expect(Buffer.concat([...(await encoder.write([2]))]).toString()).toBe('2')
  })

  it('is valid JSON and the same bytes wherever batches and units end', async () => {
    await fc.assert(
      fc.asyncProperty(jsonItems, someSizes, async (items, sizes) => {
        const whole = await encodeInUnits(json(), [items], () => true)
        const cut = await encodeInUnits(json(), cutAt(items, sizes), batch => batch % 2 === 0)

        expect(cut.toString()).toBe(whole.toString())
        expect(JSON.parse(whole.toString())).toEqual(JSON.parse(JSON.stringify(items)))
      }),
      { numRuns },
    )
  })

  it('is read back as it was, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(jsonItems, someSizes, async (items, sizes) => {
        const batches = await batchesOf(json(), pieces(await encodeAll(json(), items), sizes))

        expect(allRecords(batches)).toEqual(JSON.parse(JSON.stringify(items)))
      }),
      { numRuns },
    )
  })
})
