import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gather, slices } from '../src/gather.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 2_000 : 100
const nothing = () => {}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const reused = new Uint8Array(1000)
  for (const chunk of chunks) {
    reused.set(chunk)
    yield reused.subarray(0, chunk.length)
    reused.fill(255)
  }
}

describe('gather', () => {
  test('gives the bytes of a stream in parts of the sizes asked for, though buffers are used again on both sides', async () => {
    const chunk = fc.uint8Array({ maxLength: 300, max: 254 })
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 20 }), fc.integer({ min: 1, max: 400 }), async (chunks, size) => {
        const seen: { bytes: Buffer; last: boolean }[] = []
        for await (const part of gather(streamOf(chunks), number => size * number, nothing)) {
          seen.push({ bytes: Buffer.from(part.bytes), last: part.last })
          part.free()
        }
        expect(Buffer.concat(seen.map(part => part.bytes))).toEqual(Buffer.concat(chunks))
        expect(seen.map(part => part.last)).toEqual(seen.map((_, index) => index === seen.length - 1))
        for (const [index, part] of seen.slice(0, -1).entries()) expect(part.bytes.length).toBe(size * (index + 1))
      }),
      { numRuns },
    )
  })

  test('gives one empty part for an empty stream', async () => {
    const parts: [number, boolean][] = []
    for await (const { bytes, last } of gather(streamOf([]), () => 10, nothing)) parts.push([bytes.length, last])

    expect(parts).toEqual([[0, true]])
  })

  test('closes the stream when it is left early', async () => {
    let closed = false
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(10)
      } finally {
        closed = true
      }
    }

    for await (const _ of gather(endless(), () => 100, nothing)) break

    expect(closed).toBe(true)
  })
})

describe('slices', () => {
  test('cuts bytes without copying them', async () => {
    const bytes = new Uint8Array(25)
    const seen: [number, boolean, boolean][] = []
    for await (const part of slices(bytes, () => 10))
      seen.push([part.bytes.length, part.last, part.bytes.buffer === bytes.buffer])

    expect(seen).toEqual([
      [10, false, true],
      [10, false, true],
      [5, true, true],
    ])
  })
})
