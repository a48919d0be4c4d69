import { checkValue } from '@millrace/schema/columns'
import { type ColumnBuilder, firstRoom, type PlainValues, presence } from './column-builder.js'
import { fixedBounds } from './fixed-bounds.js'
import { fixedDictionary } from './fixed-dictionary.js'
import type { Physical } from './physical.js'
import { putterOf, type Slots, slotsFor } from './put-value.js'

/** Builds a column of values that all take the same bytes. */
export function fixedBuilder(physical: Physical): ColumnBuilder {
  const { column, type } = physical
  const put = putterOf(column)
  const words = wordsOf(physical)
  const present = column.nullable ? presence() : undefined
  let slots = slotsFor(words, firstRoom)
  let room = firstRoom
  let count = 0
  let kept = { rows: 0, count: 0 }
  return {
    get rows() {
      return present ? present.rows : count
    },
    add(value) {
      if (value === null || value === undefined) {
        // Throws where there must be one.
        checkValue(column, value)
        present!.note(0)
        return
      }
      if (count === room) {
        room *= 2
        slots = slotsFor(words, room, slots)
      }
      put(slots, count, value)
      count++
      present?.note(1)
    },
    keep() {
      kept = { rows: present ? present.rows : count, count }
    },
    undo() {
      if (present) present.rows = kept.rows
      count = kept.count
    },
    values() {
      const defined = present?.defined(count)
      const dictionary = type === 'BOOLEAN' ? undefined : fixedDictionary(slots.ints, count, words)
      const values = dictionary ?? (type === 'BOOLEAN' ? packedBits(slots.ints) : plainValues(slots, words))
      return {
        ...{ rows: present ? present.rows : count, count, values },
        ...(defined ? { defined } : {}),
        ...(dictionary
          ? fixedBounds(physical, dictionary.entries, dictionary.entryCount)
          : fixedBounds(physical, slots.bytes, count)),
      }
    },
    clear() {
      if (present) present.rows = 0
      count = 0
      kept = { rows: 0, count: 0 }
    },
  }
}

/** Booleans wait in words too, and are packed at last. */
const wordsOf = ({ type, length }: Physical): number =>
  length === undefined ? (type === 'INT32' || type === 'BOOLEAN' ? 1 : 2) : length / 4

function plainValues({ bytes }: Slots, words: number): PlainValues {
  return {
    page: (from, to) => bytes.subarray(from * words * 4, to * words * 4),
    bytesBefore: value => value * words * 4,
  }
}

function packedBits(flags: Int32Array): PlainValues {
  return {
    page(from, to) {
      const bytes = new Uint8Array(Math.ceil((to - from) / 8))
      for (let index = from; index < to; index++) bytes[(index - from) >>> 3]! |= flags[index]! << ((index - from) & 7)
      return bytes
    },
    bytesBefore: value => value / 8,
  }
}
