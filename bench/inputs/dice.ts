/** 32 bits that depend on all bits of both (the finisher of MurmurHash3). */
export function mixed(value: number, seed: number): number {
  let h = Math.imul(value, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
