import { type Column, type FieldTable, type LateColumns, type MakeRecord, recordMaker } from './late-columns.js'

/** The rows that a chain of steps is at work on. One for each chain, filled anew with every batch. */
export interface OpenBlock {
  table: FieldTable
  /** Rows of the table that are left: the first `count`. */
  rows: Int32Array
  count: number
  /** Values that steps made, by slot and row of the table. */
  slots: unknown[][]
}

const nothing: FieldTable = { names: [], length: 0, read: () => undefined, number: () => Number.NaN }

/** A block without rows. */
export const emptyBlock = (): OpenBlock => ({ table: nothing, rows: new Int32Array(0), count: 0, slots: [] })

/** Records of a block, made when asked for. */
export function recordsIn(columns: readonly Column[]): (block: OpenBlock, row: number) => Record<string, unknown> {
  let make: MakeRecord | undefined
  return (block, row) => {
    make ??= recordMaker(columns)
    return make(block.table, block.slots, row)
  }
}

/** The value of a field. */
export const valueIn = ({ table, slots }: OpenBlock, { at }: Column, row: number): unknown =>
  at >= 0 ? table.read(row, at) : (slots[-1 - at] as unknown[])[row]

/** What is left of a block, to keep. */
export function leftOf({ table, rows, count, slots }: OpenBlock, columns: readonly Column[]): LateColumns {
  return { table, columns, rows: rows.subarray(0, count), slots }
}
