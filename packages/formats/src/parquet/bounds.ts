import type { Bound } from './row-group.js'
import type { TextStore } from './text-store.js'

/** The smallest and largest value of a column chunk as the file stores values; none if all are null. */
export interface Bounds {
  readonly min?: Bound
  readonly max?: Bound
}

// As parquet-mr cuts: enough to skip row groups by, and a footer stays small whatever the text.
const maxTextBytes = 16

/** Bounds of texts by their UTF-8 bytes, which is the order that readers go by. */
export function textBounds(store: TextStore): Bounds {
  if (store.count === 0) return {}
  const { bytes } = store
  let low = 0
  let high = 0
  for (let index = 1; index < store.count; index++) {
    if (below(store, index, low)) low = index
    else if (below(store, high, index)) high = index
  }
  const max = cutHigh(bytes.subarray(store.start(high), store.end(high)))
  return { min: cutLow(bytes.subarray(store.start(low), store.end(low))), ...(max ? { max } : {}) }
}

/** Whether one text comes before another. */
function below(store: TextStore, one: number, other: number): boolean {
  const { bytes } = store
  const end = store.end(one)
  const otherEnd = store.end(other)
  let at = store.start(one)
  let otherAt = store.start(other)
  while (at < end && otherAt < otherEnd) {
    const difference = bytes[at++]! - bytes[otherAt++]!
    if (difference !== 0) return difference < 0
  }
  return at === end && otherAt < otherEnd
}

/** Text cut to a prefix: never above what begins with it. */
function cutLow(text: Buffer): Bound {
  const kept = prefix(text)
  return { bytes: new Uint8Array(kept), exact: kept.length === text.length }
}

/** Text cut to a prefix whose last character is one higher: never below what begins with it. None if there is no higher one. */
function cutHigh(text: Buffer): Bound | undefined {
  const kept = prefix(text)
  if (kept.length === text.length) return { bytes: new Uint8Array(kept), exact: true }
  const characters = [...kept.toString()]
  while (characters.length > 0) {
    const last = characters.pop()!.codePointAt(0)!
    if (last === 0x10ffff) continue
    // No character lies among the halves of surrogate pairs.
    const next = String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)
    return { bytes: new Uint8Array(Buffer.from(characters.join('') + next)), exact: false }
  }
  return undefined
}

/** The characters that fit into the limit. */
function prefix(text: Buffer): Buffer {
  if (text.length <= maxTextBytes) return text
  let end = maxTextBytes
  // The middle of a character.
  while ((text[end]! & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}
