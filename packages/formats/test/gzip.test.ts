import { createGzip, gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csv, decodeAll, encodeAll, gzip, json, ndjson } from '../src/index.js'
import { allRecords, batchesOf, cutAt, encodeInUnits, numRuns, pieces, plain } from './tools.js'

interface Row {
  readonly id: string
  readonly text: string
}
const rows: Row[] = Array.from({ length: 6_000 }, (_, id) => ({ id: String(id), text: `é ${id * 7919}` }))
const formats = { csv: () => csv<Row>(), ndjson: () => ndjson<Row>(), json: () => json<Row>() }

describe.each(Object.entries(formats))('gzip(%s)', (_, format) => {
  it('is what gunzip makes the plain format of', async () => {
    const packed = await encodeAll(gzip(format(), { unitRecords: 2_000 }), rows)

    expect(gunzipSync(packed).equals(Buffer.from(await encodeAll(format(), rows)))).toBe(true)
  })

  it('is read back, wherever the bytes are cut', async () => {
    const packed = await encodeAll(gzip(format(), { unitRecords: 1_000 }), rows)

    for (const sizes of [[17], [100_000], [4_096, 1]]) {
      const batches = await batchesOf(gzip(format()), pieces(packed, sizes))
      expect(allRecords(batches)).toEqual(rows)
    }
  })

  it('goes on from every cursor with exactly the rest', async () => {
    const packed = await encodeAll(gzip(format(), { unitRecords: 1_000 }), rows)
    const batches = (await batchesOf(gzip(format()), pieces(packed, [65_536]))).map(plain)

    expect(batches.length).toBeGreaterThan(1)
    for (const [index, { cursor }] of batches.entries()) {
      expect((await batchesOf(gzip(format()), pieces(packed, [65_536]), cursor)).map(plain)).toEqual(batches.slice(index + 1))
    }
  })

  it('has no records and can be read if nothing was written', async () => {
    expect((await decodeAll(gzip(format()), await encodeAll(gzip(format()), []))).records).toEqual([])
  })
})

describe('gzip', () => {
  it('names itself', () => {
    expect(gzip(csv(), { level: 9 })).toMatchObject({
      name: 'csv+gzip',
      extension: 'csv.gz',
      contentType: 'application/gzip',
      unitRecords: 50_000,
      layout: { format: 'gzip', level: 9, of: { format: 'csv' } },
    })
  })

  it('tells neither time nor system', async () => {
    const bytes = await encodeAll(gzip(ndjson(), { unitRecords: 10 }), ['x'])

    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, bytes[8], 255])
  })

  it('gives the same bytes however the records of a unit came', async () => {
    const whole = await encodeInUnits(gzip(ndjson<Row>()), [rows], () => true)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 100, max: 3_000 }), { minLength: 1, maxLength: 4 }), async sizes => {
        expect((await encodeInUnits(gzip(ndjson<Row>()), cutAt(rows, sizes), () => false)).equals(whole)).toBe(true)
      }),
      { numRuns: numRuns / 10 },
    )
  })

  it.each([1, 6])('gives the bytes that zlib gives by itself at level %d, whatever the size of its chunks', async level => {
    const text = Buffer.from(await encodeAll(ndjson<Row>(), rows))
    const zip = createGzip({ level })
    for (let at = 0; at < text.length; at += 65_536) zip.write(text.subarray(at, at + 65_536))
    zip.end()
    const judged = Buffer.concat(await zip.toArray())
    // The system it was made on, which is told by nobody.
    judged[9] = 255

    expect(text.length).toBeGreaterThan(3 * 65_536)
    for (const sizes of [[rows.length], [1, 700, 4_000]]) {
      expect((await encodeInUnits(gzip(ndjson<Row>(), { level }), cutAt(rows, sizes), () => false)).equals(judged)).toBe(true)
    }
  })

  it('gives bytes before the unit ends, so a unit need not fit in memory', async () => {
    const encoder = gzip(ndjson()).encoder()
    const noise = Array.from({ length: 20_000 }, (_, id) => Math.sin(id))

    const early = [...(await encoder.write(noise)), ...(await encoder.write(noise))]
    const { bytes } = await encoder.end()

    expect(early.length).toBeGreaterThan(0)
    expect(gunzipSync(Buffer.concat([...early, ...bytes])).toString()).toHaveLength(2 * noise.join('\n').length + 2)
  })

  it('passes the columns of the first record on', async () => {
    const packed = await encodeAll(gzip(csv<object>(), { unitRecords: 1 }), [{ b: 1 }, { b: 2 }], { batchRecords: 1 })

    expect(gunzipSync(packed).toString()).toBe('b\n1\n2\n')
  })

  it('fixes the columns of the format inside', () => {
    const format = gzip(csv<object>()).prepare?.({ pipeline: 'p' })

    expect(format).toMatchObject({ name: 'csv+gzip', layout: { of: { columns: null } } })
  })

  it('reads a file of one member made elsewhere, and padding behind it', async () => {
    const packed = Buffer.concat([gzipSync('a\n1\n', { level: 9 }), Buffer.alloc(20)])

    expect((await decodeAll(gzip(csv()), packed)).records).toEqual([{ a: '1' }])
  })

  it.each([
    ['truncated in a member', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3), /truncated/],
    ['truncated in the header', (bytes: Buffer) => bytes.subarray(0, 5), /truncated/],
    ['damaged', (bytes: Buffer) => bytes.fill(0x55, 20, 40), /damaged/],
    ['not gzip', () => Buffer.from('a\n1\n'), /damaged .*incorrect header/],
    ['followed by other data', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')]), /damaged/],
    [
      'followed by data behind padding',
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(9), bytes]),
      /between two gzip members/,
    ],
  ])('refuses a file that is %s', async (_, spoil, message) => {
    const packed = spoil(gzipSync(`a\n${Array.from({ length: 200 }, (_, id) => id * 7919).join('\n')}\n`))

    await expect(batchesOf(gzip(csv()), pieces(packed, [64]))).rejects.toMatchObject({
      code: 'ETL_SOURCE_MALFORMED',
      message: expect.stringMatching(message),
    })
  })

  it('passes the error of its input on as it is', async () => {
    const lost = new Error('connection lost')
    const input = {
      ...pieces('', [1]),
      size: 100,
      // biome-ignore lint/correctness/useYield: it fails before the first byte.
      async *stream(): AsyncGenerator<Uint8Array> {
        throw lost
      },
    }

    await expect(batchesOf(gzip(csv()), input)).rejects.toBe(lost)
  })

  it('closes its input when the reader leaves early', async () => {
    const packed = await encodeAll(gzip(ndjson<Row>()), rows)
    let closed = false
    const input = {
      ...pieces(packed, [1]),
      async *stream() {
        try {
          for (;;) yield packed
        } finally {
          closed = true
        }
      },
    }
    for await (const _ of gzip(ndjson()).decode(input, undefined)) break

    await expect.poll(() => closed).toBe(true)
  })

  it('refuses bad options, and formats that have units of their own', () => {
    expect(() => gzip(csv(), { level: 0, speed: 1 } as never)).toThrow(
      'Options of gzip() are not valid: "level" is not a whole number from 1 to 9; "speed" is not an option (known: level, unitRecords).',
    )
    expect(() => gzip(gzip(csv()))).toThrow('"csv+gzip" already forms units of its own')
  })
})
