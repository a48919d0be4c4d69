import {
  adoptedColumns,
  columnNamed,
  type LoadFacts,
  type PlannedColumn,
  type PlannedTable,
  type RelationalPlan,
} from '@millrace/relational'
import { duckdbType } from '@millrace/schema/columns'

export const rowsName = '_millrace_rows'
/** The rows of one transaction with their types, and what was found out about them: `id0` is their row's id in the plan's first table. */
export const rowsTable = `temp.main.${rowsName}`

/** What a row has in a column, as an expression over the typed rows `s`. */
export function valueSql({ tables }: RelationalPlan, table: PlannedTable, column: PlannedColumn): string {
  if (column.role === 'field') return `s.f${column.field}`
  if (column.role !== 'reference') throw new Error(`No value is known for a column that is ${column.role}.`)
  const adopted = adoptedColumns(tables, table).find(each => each.column === column)
  return adopted ? `coalesce(s.a${tables.indexOf(table)}_${adopted.at}, s.id${column.to})` : `s.id${column.to}`
}

/** The key of a table as expressions over the typed rows. */
export const keySql = (plan: RelationalPlan, table: PlannedTable): readonly string[] =>
  table.key.map(name => valueSql(plan, table, columnNamed(table, name)))

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
