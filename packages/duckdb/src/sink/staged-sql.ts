import type { PlannedColumn, PlannedTable, RelationalPlan } from '@millrace/relational'
import { duckdbType } from '@millrace/schema/columns'

export const rowsName = '_millrace_rows'
/** The rows of one transaction with their types, and what was found out about them: `id0` is their row's id in the plan's first table. */
export const rowsTable = `temp.main.${rowsName}`

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

/** The references of a key that point into a history. */
export function adoptedColumns(tables: readonly PlannedTable[], table: PlannedTable) {
  if (!table.adopts) return []
  return table.columns.flatMap((column, at) =>
    column.role === 'reference' && table.key.includes(column.name) && tables[column.to]?.history
      ? [{ column, at, to: column.to }]
      : [],
  )
}

/** What a row has in a column, as an expression over the typed rows `s`. */
export function valueSql({ tables }: RelationalPlan, table: PlannedTable, column: PlannedColumn): string {
  if (column.role === 'field') return `s.f${column.field}`
  if (column.role !== 'reference') throw new Error(`No value is known for a column that is ${column.role}.`)
  const adopted = adoptedColumns(tables, table).find(each => each.column === column)
  return adopted ? `coalesce(s.a${tables.indexOf(table)}_${adopted.at}, s.id${column.to})` : `s.id${column.to}`
}

export const named = (table: PlannedTable, name: string) => table.columns.find(column => column.name === name) as PlannedColumn

/** The key of a table as expressions over the typed rows. */
export const keySql = (plan: RelationalPlan, table: PlannedTable): readonly string[] =>
  table.key.map(name => valueSql(plan, table, named(table, name)))

/** Rows that are about a row of the table. */
export const presentSql = (plan: RelationalPlan, table: PlannedTable): string =>
  table.optional
    ? keySql(plan, table)
        .map(sql => `${sql} IS NOT NULL`)
        .join(' AND ')
    : 'true'

/** When it was so, as an expression over the typed rows. */
export const timeSql = ({ history }: PlannedTable, { startedSql }: LoadFacts): string =>
  history?.at === undefined ? startedSql : `s.f${history.at}`

/** A timestamp in SQL. */
export const timestampSql = (epochMs: number): string =>
  `CAST('${new Date(epochMs).toISOString()}' AS ${duckdbType({ kind: 'timestamp', precision: 3 })})`
