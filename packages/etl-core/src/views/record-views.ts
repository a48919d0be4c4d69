import type { Column } from './late-columns.js'
import type { OpenBlock } from './open-block.js'

const at = Symbol('row')

interface View {
  /** The row it stands for; -1 when its time is over. */
  [at]: number
}

/** Lends records to the functions of a step, one at a time. */
export interface RecordViews {
  /** The record of a row, until the next is asked for. */
  at(row: number): object
  /** Ends the time of the last one. */
  release(): void
}

/** So many are used in turns: one that was kept is found out by the very next call, and mostly later too. */
const views = 8

/**
 * Objects whose fields are read from the open block when someone looks. They have what a plain object has: own enumerable fields, so they
 * can be spread, listed and written as JSON. Making objects of all rows is what they spare.
 */
export function recordViews(columns: readonly Column[], block: OpenBlock): RecordViews {
  const fields = columns.map(({ name, at: column }) => [name, getterOf(column, block)] as const)
  const pool = Array.from({ length: views }, () => viewOf(fields))
  let turn = 0
  let last = pool[0] as View
  return {
    at(row) {
      last[at] = -1
      turn = (turn + 1) % views
      last = pool[turn] as View
      last[at] = row
      return last
    },
    release() {
      last[at] = -1
    },
  }
}

function viewOf(fields: readonly (readonly [string, (this: View) => unknown])[]): View {
  const view = {} as View
  for (const [name, get] of fields) {
    Object.defineProperty(view, name, { get, set: refuseChange, enumerable: true, configurable: true })
  }
  // `console.log(record)` shows what it holds.
  const shown = { value: (): object => ({ ...view }), enumerable: false }
  Object.defineProperty(view, Symbol.for('nodejs.util.inspect.custom'), shown)
  return Object.defineProperty(view, at, { value: -1, writable: true, enumerable: false })
}

/** Shared by all views of a step, so that V8 sees objects of one shape. */
function getterOf(column: number, block: OpenBlock): (this: View) => unknown {
  if (column >= 0)
    return function (this: View) {
      return block.table.read(rowOf(this), column)
    }
  const slot = -1 - column
  return function (this: View) {
    return (block.slots[slot] as unknown[])[rowOf(this)]
  }
}

function rowOf(view: View): number {
  const row = view[at]
  if (row >= 0) return row
  throw new TypeError(
    'a record was kept that a function of filter or derive was lent for the time of its call. Keep a copy, { ...record }, or what you need of it.',
  )
}

function refuseChange(): never {
  throw new TypeError('records are not changed in filter and derive. Give new values as fields of derive, or use map.')
}
