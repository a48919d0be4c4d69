import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAll, json, ndjson } from '../src/index.js'
import { allRecords, batchesOf, nastyText, numRuns, pieces, plain, someSizes } from './tools.js'

/** What lines of JSON hold, read in the plainest way: `JSON.parse` for one line after the other. */
function judgedLines(bytes: Buffer, maxRecordBytes: number) {
  const records: unknown[] = []
  const positions: object[] = []
  const unreadable: object[] = []
  let start = bytes.subarray(0, 3).equals(Buffer.from('\uFEFF')) ? 3 : 0
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(10, start)
    const end = found < 0 ? bytes.length : found
    const text = bytes.subarray(start, end)
    const place = { line, byte: start }
    if (text.length > maxRecordBytes) unreadable.push({ ...place, raw: `${text.toString('utf8', 0, maxRecordBytes)}…` })
    else if (!isUtf8(text)) unreadable.push({ ...place, raw: text.toString() })
    else if (text.toString().trim() !== '') {
      try {
        records.push(JSON.parse(text.toString()))
        positions.push(place)
      } catch {
        unreadable.push({ ...place, raw: text.toString() })
      }
    }
    start = end + 1
  }
  return { records, positions, unreadable }
}

async function readLines(bytes: Buffer, sizes: readonly number[], maxRecordBytes: number) {
  const batches = (await batchesOf(ndjson(), pieces(bytes, sizes), undefined, { maxRecordBytes })).map(plain)
  return {
    records: batches.flatMap(({ records }) => records),
    positions: batches.flatMap(({ positions }) => positions),
    unreadable: batches.flatMap(({ unreadable = [] }) =>
      unreadable.map(({ raw, position }) => {
        const { line, byte } = position as { line: number; byte: number }
        return { line, byte, raw }
      }),
    ),
  }
}

describe('JSON.parse of one line after the other as the judge', () => {
  const value = fc.oneof(fc.jsonValue(), fc.record({ a: nastyText, b: fc.double({ noNaN: true, noDefaultInfinity: true }) }))
  const good = value.map(each => Buffer.from(JSON.stringify(each)))
  const odd = fc
    .constantFrom('', ' \t', '\r', '{', '{"a":', '1,2', '{} {}', '"é', 'é', '1}', '[1', '01', '\0', '"\t"')
    .map(text => Buffer.from(text))
  const bytes = fc.constantFrom([0xff], [0x22, 0xe2, 0x82, 0x22], [0xc3, 0x28]).map(each => Buffer.from(each))
  const lines = fc.array(fc.oneof({ weight: 4, arbitrary: good }, odd, bytes), { maxLength: 12 })
  const input = fc
    .tuple(lines, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean())
    .map(([each, lineEnd, mark, last]) =>
      Buffer.concat([
        Buffer.from(mark ? '\uFEFF' : ''),
        ...each.flatMap((line, index) => [line, Buffer.from(index < each.length - 1 || last ? lineEnd : '')]),
      ]),
    )

  it('agrees on records, positions and what cannot be read, however the bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(input, someSizes, fc.constantFrom(8, 40, 1_000), async (text, sizes, maxRecordBytes) => {
        expect(await readLines(text, sizes, maxRecordBytes)).toEqual(judgedLines(text, maxRecordBytes))
      }),
      { numRuns: 5 * numRuns },
    )
  })

  it('agrees wherever a text is cut in two', async () => {
    const text = Buffer.from('\uFEFF{"é":1}\r\n\n"😀"\n{"a":\n[1,2,{"b":"漢"}]\n"\u2028"\n  7  ')
    for (let cut = 1; cut < text.length; cut++) {
      expect(await readLines(text, [cut, text.length], 1_000), `cut at ${cut}`).toEqual(judgedLines(text, 1_000))
    }
  })

  it('agrees on texts of many blocks, with long lines among them', async () => {
    const long = Array.from({ length: 400 }, (_, id) => {
      const line = JSON.stringify({
        id,
        text: (id % 3 ? 'x' : 'é').repeat(((id * 7919) % 1_500) + (id % 97 ? 0 : 150_000)),
      })
      return id % 89 === 5 ? line.slice(1) : line
    })
    const text = Buffer.from(`${long.join('\n')}\n`)
    const judged = judgedLines(text, 100_000)
    // Of a long line 64 KiB are kept.
    const kept = judged.unreadable.map(each => ({ ...each, raw: expect.any(String) }))

    for (const sizes of [[1 << 20], [65_536], [999, 70_000, 3]]) {
      expect(await readLines(text, sizes, 100_000)).toEqual({ ...judged, unreadable: kept })
    }
    expect(kept).toHaveLength(10)
  })
})

it('keeps a line that the limit allows, however much stands before it in its block', async () => {
  const text = Buffer.from(`${'"short line"\n'.repeat(4_500)}"${'x'.repeat(90_000)}"\n7\n`)

  expect(await readLines(text, [10_000], 100_000)).toEqual(judgedLines(text, 100_000))
})

describe('JSON.parse of a whole array as the judge', () => {
  it('agrees on arrays with white space of any kind, however the bytes come', async () => {
    const blank = fc.constantFrom('', ' ', '\n', '\r\n\t')
    const element = fc.tuple(blank, fc.oneof(fc.jsonValue(), nastyText), blank, fc.constantFrom(undefined, 2))
    await fc.assert(
      fc.asyncProperty(fc.array(element, { maxLength: 8 }), someSizes, async (elements, sizes) => {
        const parts = elements.map(([before, value, behind, indent]) => before + JSON.stringify(value, null, indent) + behind)
        const text = `[${parts.join(',')}] `

        expect(allRecords(await batchesOf(json(), pieces(text, sizes)))).toEqual(JSON.parse(text))
      }),
      { numRuns: 2 * numRuns },
    )
  })

  it('with a byte too few or too many, something is unreadable or the array is malformed, unless JSON.parse reads it too', async () => {
    const text = '[{"a":"x\\"]","b":[1,{"c":null}]}, "é" ,-1.5,true]'
    const bytes = Buffer.from(text)
    const spoilt = (at: number) => [
      Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
      ...[...'"[]{},\\x'].map(each => Buffer.concat([bytes.subarray(0, at), Buffer.from(each), bytes.subarray(at)])),
    ]
    for (let at = 0; at < bytes.length; at++) {
      for (const other of spoilt(at)) {
        const judged = await Promise.resolve(other)
          .then(each => (isUtf8(each) ? JSON.parse(each.toString()) : undefined))
          .catch(() => undefined)
        const read = await decodeAll(json(), other).catch(error => ({ records: [], unreadable: [error] }))

        if (Array.isArray(judged)) expect(read, other.toString()).toEqual({ records: judged, unreadable: [] })
        else expect(read.unreadable, other.toString()).not.toEqual([])
      }
    }
  })
})

describe.each([
  ['ndjson', ndjson, (text: string) => `${text}\n`],
  ['json', json, (text: string) => `[${text}]`],
] as const)('options of %s', (_, format, around) => {
  it('reads with U+FFFD in place of what is not UTF-8 where asked to', async () => {
    const text = Buffer.from(around('"x\xe2\x82"'), 'latin1')

    expect(await decodeAll(format({ invalidUtf8: 'replace' }), text)).toEqual({ records: ['x\uFFFD'], unreadable: [] })
    expect((await decodeAll(format(), text)).unreadable).toHaveLength(1)
  })

  it('has a limit of its own, which that of the reader goes before', async () => {
    const text = around(`"${'x'.repeat(20)}"`)

    expect((await decodeAll(format({ maxRecordBytes: 10 }), text)).records).toEqual([])
    expect((await decodeAll(format({ maxRecordBytes: 10 }), text, { maxRecordBytes: 30 })).records).toHaveLength(1)
  })
})
