import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partBytesAtLeast, partsAtMost } from '../src/part-sizes.js'
import { type PlannedPart, planAssembly, type SizedPiece, type Stretch, sizeOf } from '../src/plan-assembly.js'

const mebibyte = 1024 * 1024
const numRuns = process.env.MILLRACE_TEST_LONG ? 2_000 : 100
const object = (key: string, size: number): SizedPiece => ({ key, etag: key, size })
const stretchesOf = (part: PlannedPart): readonly Stretch[] => ('copy' in part ? [part.copy] : part.gather)
const bytesOf = (stretch: Stretch) => ('bytes' in stretch ? stretch.bytes.length : stretch.end - stretch.start)
const partBytes = (part: PlannedPart) => stretchesOf(part).reduce((sum, stretch) => sum + bytesOf(stretch), 0)

/** The stretches of a plan joined up again, piece by piece. */
function piecesOf(parts: readonly PlannedPart[]): string[] {
  const seen: { name: string; bytes: number }[] = []
  for (const stretch of parts.flatMap(stretchesOf)) {
    const name = 'bytes' in stretch ? 'bytes' : stretch.key
    const last = seen.at(-1)
    const goesOn = last?.name === name && ('bytes' in stretch || stretch.start === last.bytes)
    if (goesOn && last) last.bytes += bytesOf(stretch)
    else {
      if (!('bytes' in stretch)) expect(stretch.start).toBe(0)
      seen.push({ name, bytes: bytesOf(stretch) })
    }
  }
  return seen.map(({ name, bytes }) => `${name} ${bytes}`)
}

describe('planAssembly', () => {
  test('copies what is large and gathers what is small', () => {
    const parts = planAssembly([{ bytes: new Uint8Array(10) }, object('a', 20 * mebibyte), object('b', 100)], 8 * mebibyte)

    expect(parts.map(part => ('copy' in part ? `copy ${part.copy.start}` : `gather ${part.size}`))).toEqual([
      `gather ${5 * mebibyte}`,
      `copy ${5 * mebibyte - 10}`,
      'gather 100',
    ])
  })

  test('sends a short head again with one piece only, and copies the others', () => {
    const staged = Array.from({ length: 5 }, (_, index) => object(`part ${index}`, 8 * mebibyte + 100))

    const parts = planAssembly([{ bytes: new Uint8Array(50) }, ...staged], 8 * mebibyte)

    expect(parts.map(part => ('copy' in part ? part.copy.key : part.size))).toEqual([
      8 * mebibyte + 150,
      'part 1',
      'part 2',
      'part 3',
      'part 4',
    ])
  })

  test('copies in ranges of at most a GiB, none too small for a part', () => {
    const parts = planAssembly([object('huge', 5 * 1024 ** 4)], 8 * mebibyte)

    expect(parts.every(part => 'copy' in part && partBytes(part) <= 1024 ** 3)).toBe(true)
    expect(parts.reduce((sum, part) => sum + partBytes(part), 0)).toBe(5 * 1024 ** 4)
  })

  test('makes parts larger where there would be more than 10,000', () => {
    const pieces = Array.from({ length: 25_000 }, (_, index) => object(`part ${index}`, 6 * mebibyte))

    const parts = planAssembly(pieces, 8 * mebibyte)

    expect(parts.length).toBeLessThanOrEqual(partsAtMost)
    expect(parts.reduce((sum, part) => sum + partBytes(part), 0)).toBe(25_000 * 6 * mebibyte)
  })

  test('keeps every byte in order, and every part but the last is large enough', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 4 * mebibyte, max: 12 * mebibyte }),
      fc.integer({ min: 1, max: 3 * 1024 ** 3 }),
    )
    const piece = fc.oneof(
      size.map(bytes => ({ bytes })),
      fc.record({ bytes: size, object: fc.constant(true) }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), shapes => {
        const pieces = shapes.map(
          (shape, index): SizedPiece =>
            'object' in shape ? object(`k${index}`, shape.bytes) : { bytes: fakeBytes(shape.bytes % (9 * mebibyte)) },
        )

        const parts = planAssembly(pieces, 8 * mebibyte)

        expect(parts.slice(0, -1).every(part => partBytes(part) >= partBytesAtLeast)).toBe(true)
        expect(piecesOf(parts)).toEqual(joined(pieces))
      }),
      { numRuns },
    )
  })
})

/** Lengths matter here, not bytes. */
const buffer = new Uint8Array(9 * mebibyte)
const fakeBytes = (length: number) => buffer.subarray(0, length)

function joined(pieces: readonly SizedPiece[]): string[] {
  const all: { name: string; bytes: number }[] = []
  for (const piece of pieces) {
    const name = 'bytes' in piece ? 'bytes' : piece.key
    const last = all.at(-1)
    if (sizeOf(piece) === 0) continue
    if (name === 'bytes' && last?.name === 'bytes') last.bytes += sizeOf(piece)
    else all.push({ name, bytes: sizeOf(piece) })
  }
  return all.map(({ name, bytes }) => `${name} ${bytes}`)
}
