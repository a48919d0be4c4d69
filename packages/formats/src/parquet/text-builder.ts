import { checkValue } from '@millrace/schema/columns'
import { textBounds } from './bounds.js'
import {
  type ColumnBuilder,
  type DictionaryValues,
  firstLook,
  firstRoom,
  larger,
  pays,
  presence,
  tooMany,
} from './column-builder.js'
import type { Physical } from './physical.js'
import { bitsFor } from './rle.js'
import { type TextStore, textStore } from './text-store.js'

/** Builds a column of texts, of JSON or of bytes. */
export function textBuilder({ column, bounds }: Physical): ColumnBuilder {
  const { type } = column
  const encoding = type.kind === 'bytes' ? 'latin1' : 'utf8'
  const longest = type.kind === 'string' ? (type.length ?? Number.POSITIVE_INFINITY) : -1
  const textOf = (value: unknown): string => {
    const checked = checkValue(column, value)
    if (type.kind === 'json') return JSON.stringify(checked)
    if (typeof checked === 'string') return checked
    const { buffer, byteOffset, byteLength } = checked as Uint8Array
    return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
  }
  const present = column.nullable ? presence() : undefined
  const plain = textStore(encoding)
  const dictionary = textDictionary(encoding)
  let packing = true
  let nextLook = firstLook
  let kept = { rows: 0, count: 0, entries: 0 }
  const count = () => (packing ? dictionary.count : plain.count)
  const rows = () => (present ? present.rows : count())

  const toPlain = () => {
    packing = false
    dictionary.unpack(plain)
    dictionary.cut(0, 0)
  }
  return {
    get rows() {
      return rows()
    },
    add(value) {
      if (value === null || value === undefined) {
        // Throws where there must be one.
        checkValue(column, value)
        present!.note(0)
        return
      }
      const text = typeof value === 'string' && value.length <= longest ? value : textOf(value)
      if (packing) dictionary.add(text)
      else plain.add(text)
      present?.note(1)
    },
    keep() {
      for (; packing && dictionary.count >= nextLook; nextLook *= 2) {
        if (tooMany(dictionary.differentAmong(nextLook), nextLook)) toPlain()
      }
      kept = { rows: rows(), count: count(), entries: dictionary.entries.count }
    },
    undo() {
      if (present) present.rows = kept.rows
      if (packing) dictionary.cut(kept.count, kept.entries)
      else plain.cut(kept.count)
    },
    values() {
      if (packing && !dictionary.pays()) toPlain()
      const defined = present?.defined(count())
      return {
        ...{ rows: rows(), count: count(), values: packing ? dictionary.values() : plain },
        ...(defined ? { defined } : {}),
        ...(bounds ? textBounds(packing ? dictionary.entries : plain) : {}),
      }
    },
    clear() {
      packing = true
      nextLook = firstLook
      kept = { rows: 0, count: 0, entries: 0 }
      if (present) present.rows = 0
      plain.cut(0)
      dictionary.cut(0, 0)
    },
  }
}

interface TextDictionary {
  readonly entries: TextStore
  readonly count: number
  add(text: string): void
  /** Different ones among the first values. */
  differentAmong(values: number): number
  pays(): boolean
  /** All values, one behind the other. */
  unpack(into: TextStore): void
  cut(count: number, entries: number): void
  values(): DictionaryValues
}

/** A power of two. */
const recentTexts = 512

/** From here on V8 makes a substring that is a view of the text it was cut from. */
const shortestCut = 13

function textDictionary(encoding: 'utf8' | 'latin1'): TextDictionary {
  const entries = textStore(encoding)
  const known = new Map<string, number>()
  const texts: string[] = []
  let ids = new Int32Array(firstRoom)
  let count = 0
  // The text that was last in a place that its length and some of its characters say: most are found there, without the hash of the whole.
  const recent = new Int32Array(recentTexts).fill(-1)
  const entered = (text: string): number => {
    const id = entries.count
    entries.add(text)
    const copy = text.length < shortestCut ? text : entries.textAt(id)
    const key = copy === text ? copy : text
    known.set(key, id)
    texts.push(key)
    return id
  }
  const self: TextDictionary = {
    entries,
    get count() {
      return count
    },
    add(text) {
      if (count === ids.length) ids = larger(ids, count * 2)
      const { length } = text
      const place =
        length === 0
          ? 0
          : (length + text.charCodeAt(0) * 7 + text.charCodeAt(length >>> 1) * 31 + text.charCodeAt(length - 1) * 131) &
            (recentTexts - 1)
      let id = recent[place]!
      if (id < 0 || texts[id] !== text) {
        id = known.get(text) ?? entered(text)
        recent[place] = id
      }
      ids[count++] = id
    },
    differentAmong(values) {
      let highest = -1
      // Ids are given in order of appearance.
      for (let index = 0; index < values; index++) if (ids[index]! > highest) highest = ids[index]!
      return highest + 1
    },
    pays() {
      const bits = bitsFor(Math.max(entries.count - 1, 0))
      // Each text that is there again takes four bytes and more.
      if (count * bits < (count - entries.count) * 32) return true
      let plainBytes = 0
      for (let index = 0; index < count; index++) {
        const id = ids[index]!
        plainBytes += entries.bytesBefore(id + 1) - entries.bytesBefore(id)
      }
      return pays(entries.bytesBefore(entries.count), count, bits, plainBytes)
    },
    unpack(into) {
      for (let index = 0; index < count; index++) into.addFrom(entries, ids[index]!)
    },
    cut(values, distinct) {
      if (distinct === 0) {
        known.clear()
        texts.length = 0
      }
      for (let id = texts.length - 1; id >= distinct; id--) known.delete(texts.pop()!)
      entries.cut(distinct)
      count = values
      recent.fill(-1)
    },
    values: () => ({ entries: entries.page(0, entries.count), entryCount: entries.count, ids: ids.subarray(0, count) }),
  }
  return self
}
