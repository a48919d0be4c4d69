import { Buffer } from 'node:buffer'
import { firstRoom, larger, type PlainValues } from './column-builder.js'

/** Texts as Parquet lays byte arrays out: four bytes of length, then UTF-8, or a byte for each character of bytes that are given as text. */
export interface TextStore extends PlainValues {
  readonly count: number
  readonly bytes: Buffer
  add(text: string): void
  /** Appends a text of another store. */
  addFrom(store: TextStore, index: number): void
  /** A copy of a text of this store; the bytes of lone surrogates make other characters. */
  textAt(index: number): string
  /** Where a text's bytes begin and end, less its length. */
  start(index: number): number
  end(index: number): number
  /** Leaves the first ones. */
  cut(count: number): void
}

/** Loops over characters are faster than a call into the engine's encoder up to about here. */
const shortText = 24
/** More than this is given back between units. */
const keptBytes = 1 << 20

export function textStore(encoding: 'utf8' | 'latin1'): TextStore {
  let bytes = Buffer.alloc(1 << 12)
  let ends = new Uint32Array(firstRoom)
  let count = 0
  let length = 0
  const room = (more: number) => {
    if (length + more > bytes.length) {
      const next = Buffer.allocUnsafe(Math.max(bytes.length * 2, length + more))
      bytes.copy(next, 0, 0, length)
      bytes = next
    }
    if (count === ends.length) ends = larger(ends, count * 2)
  }
  const close = (end: number) => {
    const size = end - length - 4
    bytes[length] = size & 0xff
    bytes[length + 1] = (size >>> 8) & 0xff
    bytes[length + 2] = (size >>> 16) & 0xff
    bytes[length + 3] = size >>> 24
    length = ends[count++] = end
  }
  const self: TextStore = {
    get count() {
      return count
    },
    get bytes() {
      return bytes
    },
    add(text) {
      const units = text.length
      // UTF-8 takes three bytes for a UTF-16 unit at most.
      room(units * 3 + 4)
      let at = length + 4
      if (units <= shortText) {
        let index = 0
        while (index < units) {
          const code = text.charCodeAt(index)
          if (code > 0x7f) break
          bytes[at++] = code
          index++
        }
        if (index === units) return close(at)
      }
      at = length + 4
      close(at + (encoding === 'utf8' ? bytes.write(text, at, 'utf8') : bytes.write(text, at, 'latin1')))
    },
    addFrom(store, index) {
      const from = store.start(index)
      const to = store.end(index)
      room(to - from + 4)
      bytes.set(store.bytes.subarray(from, to), length + 4)
      close(length + 4 + to - from)
    },
    textAt: index => bytes.toString(encoding, self.start(index), self.end(index)),
    start: index => (index === 0 ? 4 : ends[index - 1]! + 4),
    end: index => ends[index]!,
    cut(to) {
      count = to
      length = to === 0 ? 0 : ends[to - 1]!
      if (to === 0 && bytes.length > keptBytes) bytes = Buffer.alloc(1 << 12)
    },
    page: (from, to) => bytes.subarray(self.bytesBefore(from), self.bytesBefore(to)),
    bytesBefore: index => (index === 0 ? 0 : ends[index - 1]!),
  }
  return self
}
