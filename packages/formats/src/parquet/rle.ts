/**
 * Small whole numbers in Parquet's RLE/bit-packing hybrid: repeated ones as a count and a value, others packed eight by eight, lowest bit
 * first. Levels and the ids of a dictionary lie so.
 *
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/ (read 2026-12)
 */
export function hybrid(values: Uint8Array | Int32Array, from: number, to: number, bits: number): Uint8Array {
  // Eight values of one bit take a byte when packed, and two as a repetition; nothing grows more than that, but for the heads.
  const out = new Uint8Array(16 + Math.ceil((to - from + 8) / 8) * (bits + 2))
  let length = 0
  let packedFrom = from
  let at = from
  while (at < to) {
    const value = values[at]!
    let end = at + 1
    while (end < to && values[end] === value) end++
    // Groups are of eight: some of a repetition may have to fill up the group before it.
    const filling = (8 - ((at - packedFrom) & 7)) & 7
    if (end - at - filling < shortestRun) {
      at = end
      continue
    }
    if (at + filling > packedFrom) length = putPacked(out, length, values, packedFrom, at + filling, bits)
    length = putRun(out, length, end - at - filling, value, bits)
    packedFrom = at = end
  }
  if (to > packedFrom) length = putPacked(out, length, values, packedFrom, to, bits)
  return out.subarray(0, length)
}

/** Bits that hold all numbers up to a largest one. */
export const bitsFor = (largest: number): number => (largest === 0 ? 0 : 32 - Math.clz32(largest))

const shortestRun = 8

function putRun(out: Uint8Array, start: number, count: number, value: number, bits: number): number {
  let at = putHead(out, start, count * 2)
  for (let rest = bits, left = value; rest > 0; rest -= 8, left >>>= 8) out[at++] = left & 0xff
  return at
}

function putPacked(
  out: Uint8Array,
  start: number,
  values: Uint8Array | Int32Array,
  from: number,
  to: number,
  bits: number,
): number {
  const groups = Math.ceil((to - from) / 8)
  let at = putHead(out, start, groups * 2 + 1)
  const end = at + groups * bits
  // What fills no byte yet: up to 7 bits, and a shift has 32, so that wide values go in two pieces.
  let waiting = 0
  let count = 0
  for (let index = from; index < to; index++) {
    let value = values[index]!
    let left = bits
    if (left > 24) {
      waiting |= (value & 0xffff) << count
      out[at++] = waiting & 0xff
      out[at++] = (waiting >>> 8) & 0xff
      waiting >>>= 16
      value >>>= 16
      left -= 16
    }
    waiting |= value << count
    for (count += left; count >= 8; count -= 8) {
      out[at++] = waiting & 0xff
      waiting >>>= 8
    }
  }
  if (count > 0) out[at++] = waiting & 0xff
  // A group is whole; what is missing are zeros.
  while (at < end) out[at++] = 0
  return at
}

function putHead(out: Uint8Array, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest > 0x7f) {
    out[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  out[at++] = rest
  return at
}
