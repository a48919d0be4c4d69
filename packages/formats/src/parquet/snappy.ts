/**
 * Compression in the raw snappy format: a length, then stretches of bytes as they are and copies of what came before.
 *
 * Of our own because it runs over every page that is written: the one in JavaScript that hyparquet-writer brings takes three times as long.
 * Tests unpack it with hyparquet and with DuckDB.
 *
 * @see https://github.com/google/snappy/blob/main/format_description.txt (read 2026-12)
 */
export function snappy(input: Uint8Array): Uint8Array {
  const out = new Uint8Array(largest(input.length))
  const head = putLength(out, input.length)
  return out.slice(0, pack(input, out, head))
}

const hashBits = 14
const hashShift = 32 - hashBits
/** No copy begins in the last bytes: four are read at once. */
const margin = 15
/** How far back a copy reaches: what two bytes can say. */
const farthest = 0xffff

/** Bytes that can't be packed grow: a tag for every stretch between copies. */
const largest = (length: number) => 32 + length + Math.ceil(length / 6)

function putLength(out: Uint8Array, length: number): number {
  let at = 0
  let rest = length
  while (rest > 0x7f) {
    out[at++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 128)
  }
  out[at++] = rest
  return at
}

function pack(input: Uint8Array, out: Uint8Array, head: number): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const seen = new Int32Array(1 << hashBits).fill(-farthest - 1)
  const end = input.length
  const last = end - margin
  let written = head
  // Up to here all is written.
  let done = 0
  let at = 0
  let misses = 32
  while (at < last) {
    const four = view.getInt32(at, true)
    const slot = Math.imul(four, 0x1e35a7bd) >>> hashShift
    const found = seen[slot]!
    seen[slot] = at
    if (at - found > farthest || view.getInt32(found, true) !== four) {
      // The longer nothing is found, the fewer places are tried: bytes that can't be packed pass quickly.
      at += misses++ >>> 5
      continue
    }
    if (at > done) written = putLiteral(input, done, at, out, written)
    let matched = at + 4
    for (let from = found + 4; matched < end && input[matched] === input[from]; from++) matched++
    written = putCopy(out, written, at - found, matched - at)
    if (matched < last) seen[Math.imul(view.getInt32(matched - 1, true), 0x1e35a7bd) >>> hashShift] = matched - 1
    done = at = matched
    misses = 32
  }
  return done < end ? putLiteral(input, done, end, out, written) : written
}

function putLiteral(input: Uint8Array, from: number, to: number, out: Uint8Array, outAt: number): number {
  let at = outAt
  const length = to - from - 1
  if (length < 60) out[at++] = length << 2
  else {
    const lengthBytes = length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4
    out[at++] = (59 + lengthBytes) << 2
    for (let rest = length, byte = 0; byte < lengthBytes; byte++, rest >>>= 8) out[at++] = rest & 0xff
  }
  if (length < 32) for (let byte = from; byte < to; byte++) out[at++] = input[byte]!
  else {
    out.set(input.subarray(from, to), at)
    at += to - from
  }
  return at
}

function putCopy(out: Uint8Array, outAt: number, offset: number, length: number): number {
  let at = outAt
  let rest = length
  while (rest >= 68) {
    at = putShortCopy(out, at, offset, 64)
    rest -= 64
  }
  if (rest > 64) {
    at = putShortCopy(out, at, offset, 60)
    rest -= 60
  }
  return putShortCopy(out, at, offset, rest)
}

function putShortCopy(out: Uint8Array, outAt: number, offset: number, length: number): number {
  if (length < 12 && offset < 2048) {
    out[outAt] = 1 + ((length - 4) << 2) + ((offset >>> 8) << 5)
    out[outAt + 1] = offset & 0xff
    return outAt + 2
  }
  out[outAt] = 2 + ((length - 1) << 2)
  out[outAt + 1] = offset & 0xff
  out[outAt + 2] = offset >>> 8
  return outAt + 3
}
