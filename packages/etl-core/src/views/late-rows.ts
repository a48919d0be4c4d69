import type { Rows } from '../batch.js'
import { type LateColumns, type MakeRecord, recordMaker } from './late-columns.js'

const makers = new WeakMap<LateColumns['columns'], MakeRecord>()

/** Rows whose records are made when they are asked for. */
export function lateRows(late: LateColumns): Rows<unknown> {
  const { table, columns, rows, slots } = late
  let records: readonly unknown[] | undefined
  return {
    length: rows.length,
    late,
    toArray() {
      const make = makerOf(columns)
      records ??= Array.from(rows, row => make(table, slots, row))
      return records
    },
  }
}

/** A source's records one at a time, those that are not made yet only when asked for. */
export function sourceRecords(records: readonly unknown[] | Rows<unknown>): (row: number) => unknown {
  if (!('toArray' in records)) return row => records[row]
  const { late } = records
  if (!late) return row => records.toArray()[row]
  return row => makerOf(late.columns)(late.table, late.slots, late.rows[row] as number)
}

function makerOf(columns: LateColumns['columns']): MakeRecord {
  let make = makers.get(columns)
  if (!make) {
    make = recordMaker(columns)
    makers.set(columns, make)
  }
  return make
}
