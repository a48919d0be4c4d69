import type { PlannedColumn, PlannedTable } from './plan.js'

/** One statement of a load. */
export interface LoadStatement {
  readonly sql: string
  /** Counts the plan's tables: rows it changes are rows of that table. */
  readonly writes?: number
}

/** What the statements of a load depend on besides the plan. */
export interface LoadFacts {
  /** When the load began, as a timestamp in SQL: what happens in it without a time of its own, happens then. */
  readonly startedSql: string
  /** Which raw rows take part, as a condition over `seq`. Absent: all. */
  readonly where?: string
}

/** A planned column by its name. */
export const columnNamed = (table: PlannedTable, name: string): PlannedColumn =>
  table.columns.find(column => column.name === name) as PlannedColumn

/** A reference of a key that points into a history. */
export interface AdoptedColumn {
  readonly column: PlannedColumn
  /** Counts the table's columns. */
  readonly at: number
  /** Counts the plan's tables. */
  readonly to: number
}

/** The references of a key that point into a history: what the step `adopt` takes over from rows that are there. */
export function adoptedColumns(tables: readonly PlannedTable[], table: PlannedTable): readonly AdoptedColumn[] {
  if (!table.adopts) return []
  return table.columns.flatMap((column, at) =>
    column.role === 'reference' && table.key.includes(column.name) && tables[column.to]?.history
      ? [{ column, at, to: column.to }]
      : [],
  )
}
