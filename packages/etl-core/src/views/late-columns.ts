/**
 * Fields that were found in their input and are read when someone asks. Rows and columns count from 0. What it holds never changes, so it
 * may be asked as long as one likes.
 */
export interface FieldTable {
  /** No name comes twice. */
  readonly names: readonly string[]
  readonly length: number
  /** The field as the record has it. */
  read(row: number, column: number): unknown
  /** `Number(read(row, column))`, which may be had without the text. */
  number(row: number, column: number): number
}

/** A field of records on their way through the steps: one of the table as it stands there, or one that a step made. */
export interface Column {
  readonly name: string
  /** The column of the table, or `-1 - slot` for values that a step made. */
  readonly at: number
  /** For values that a step made: they are the numbers of this column of the table. */
  readonly numberOf?: number
}

/** Records that are not made yet: which rows of a table, and what their fields are. */
export interface LateColumns {
  readonly table: FieldTable
  /** In the order that the fields of an object have. */
  readonly columns: readonly Column[]
  /** Which rows of the table, ascending. */
  readonly rows: Int32Array
  /** Values that steps made, by slot and row of the table. */
  readonly slots: readonly (readonly unknown[])[]
}

/** Makes one record. */
export type MakeRecord = (table: FieldTable, slots: readonly (readonly unknown[])[], row: number) => Record<string, unknown>

/** More columns than these are not worth views: V8 makes hash tables of objects with so many fields. */
export const mostViewedColumns = 200

/** Batches of one file have one list of names, and what is made for their columns is made once. */
const columnsByNames = new WeakMap<readonly string[], readonly Column[]>()

/** All rows of a table, with the fields as they stand there. */
export function wholeTable(table: FieldTable): LateColumns {
  let columns = columnsByNames.get(table.names)
  if (!columns) {
    columns = inObjectOrder(table.names.map((name, at) => ({ name, at })))
    columnsByNames.set(table.names, columns)
  }
  return {
    table,
    columns,
    rows: firstRows(table.length),
    slots: [],
  }
}

let counted = new Int32Array(0)

/** 0, 1, 2 …: shared, and never written to. */
function firstRows(count: number): Int32Array {
  if (counted.length < count) counted = Int32Array.from({ length: 2 * count }, (_, row) => row)
  return counted.subarray(0, count)
}

/** Columns as the fields of an object would be: those whose names are array indexes first, by number. */
export function inObjectOrder(columns: readonly Column[]): readonly Column[] {
  if (!columns.some(({ name }) => isIndex(name))) return columns
  const indexes = columns.filter(({ name }) => isIndex(name)).sort((a, b) => Number(a.name) - Number(b.name))
  return [...indexes, ...columns.filter(({ name }) => !isIndex(name))]
}

const isIndex = (name: string) => /^(?:0|[1-9]\d{0,9})$/.test(name) && Number(name) < 2 ** 32 - 1

/** Makes records of one shape, by code of their own where that is allowed. */
export function recordMaker(columns: readonly Column[]): MakeRecord {
  const members = columns.map(({ name, at }) => {
    // A computed key is a field whatever its name; `__proto__` as a plain one would not be.
    return `[${JSON.stringify(name)}]: ${at >= 0 ? `table.read(row, ${at})` : `slots[${-1 - at}][row]`}`
  })
  try {
    return new Function('table, slots, row', `return { ${members.join(', ')} }`) as MakeRecord
  } catch {
    // Code from text is forbidden.
    return (table, slots, row) =>
      Object.fromEntries(columns.map(({ name, at }) => [name, at >= 0 ? table.read(row, at) : slots[-1 - at]?.[row]]))
  }
}
