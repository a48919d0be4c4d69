import { type DictionaryValues, firstLook, pays, tooMany } from './column-builder.js'
import { bitsFor } from './rle.js'

/**
 * Values once each and their numbers, or `undefined` where that takes more than the values. Compared by their bits: 0 and -0 are two.
 *
 * @param words - Of 32 bits, that each value has.
 */
export function fixedDictionary(
  values: Int32Array,
  count: number,
  words: number,
): (DictionaryValues & { readonly entries: Uint8Array<ArrayBuffer> }) | undefined {
  const ids = new Int32Array(count)
  // Twice as large as what it holds, at least.
  let table = new Int32Array(1024).fill(-1)
  let entries = new Int32Array(512 * words)
  let entryCount = 0
  let nextLook = firstLook
  for (let index = 0; index < count; index++) {
    if (index === nextLook) {
      if (tooMany(entryCount, nextLook)) return undefined
      nextLook *= 2
    }
    const at = index * words
    let slot = hash(values, at, words) & (table.length - 1)
    let id = table[slot]!
    while (id >= 0 && !same(values, at, entries, id * words, words)) {
      slot = (slot + 1) & (table.length - 1)
      id = table[slot]!
    }
    if (id < 0) {
      id = entryCount++
      table[slot] = id
      for (let word = 0; word < words; word++) entries[id * words + word] = values[at + word]!
      if (entryCount * 2 === table.length) {
        entries = withRoom(entries, entries.length * 2)
        table = spread(entries, entryCount, words, table.length * 2)
      }
    }
    ids[index] = id
  }
  const bytes = words * 4
  if (!pays(entryCount * bytes, count, bitsFor(Math.max(entryCount - 1, 0)), count * bytes)) return undefined
  return { entries: new Uint8Array(entries.buffer, 0, entryCount * bytes), entryCount, ids }
}

function withRoom(entries: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(length)
  more.set(entries)
  return more
}

function spread(entries: Int32Array, count: number, words: number, length: number): Int32Array<ArrayBuffer> {
  const table = new Int32Array(length).fill(-1)
  for (let id = 0; id < count; id++) {
    let slot = hash(entries, id * words, words) & (length - 1)
    while (table[slot]! >= 0) slot = (slot + 1) & (length - 1)
    table[slot] = id
  }
  return table
}

function hash(values: Int32Array, at: number, words: number): number {
  let mixed = 0
  for (let word = 0; word < words; word++) mixed = Math.imul(mixed ^ values[at + word]!, 0x9e3779b1) ^ (mixed >>> 15)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function same(one: Int32Array, at: number, other: Int32Array, otherAt: number, words: number): boolean {
  for (let word = 0; word < words; word++) if (one[at + word] !== other[otherAt + word]) return false
  return true
}
