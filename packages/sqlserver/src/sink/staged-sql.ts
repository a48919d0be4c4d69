import {
  adoptedColumns,
  columnNamed,
  type LoadFacts,
  type LoadStatement,
  overwritten,
  type PlannedColumn,
  type PlannedTable,
  type RelationalPlan,
} from '@millrace/relational'
import { type ColumnType, sqlServerType } from '@millrace/schema/columns'
import { type BulkColumn, bulkColumn, stagedType, typedSql } from '../bulk-types.js'
import type { Collation } from '../catalog.js'
import { quoted } from '../sql.js'

/** Rows as they were sent: `seq`, `f0`, `f1` and so on. Temporary tables: gone with the session. */
export const rawTable = '#_millrace_raw'
/** The rows of one transaction with their types, and what was found out about them: `id0` is their row's id in the plan's first table. */
export const rowsTable = '#_millrace_rows'
/** The periods that rows of the plan's nth table fall into. */
export const spansTable = (table: number): string => `#_millrace_spans${table}`

/** The statements that make the temporary tables of a load. */
export function createStage(plan: RelationalPlan, collation: Collation): readonly string[] {
  const isText = (sql: string) => (sql.startsWith('NVARCHAR') ? `${sql}${collation}` : sql)
  const raw = plan.fields.map(({ type }, field) => `${fieldName(field)} ${isText(stagedType(type))} NULL`)
  const create = (name: string, columns: readonly string[]) => `CREATE TABLE ${name} (${columns.join(', ')})`
  const typed = (type: ColumnType) => `${isText(sqlServerType(type))} NULL`
  if (isPlain(plan)) return [create(rawTable, ['[seq] INT NOT NULL', ...raw])]
  const rows = [
    ...plan.fields.map(({ type }, field) => `${fieldName(field)} ${typed(type)}`),
    ...plan.tables.flatMap(({ referred }, table) => (referred ? [`[id${table}] BIGINT NULL`] : [])),
    ...plan.tables.flatMap((each, table) => adoptedColumns(plan.tables, each).map(({ at }) => `[a${table}_${at}] BIGINT NULL`)),
  ]
  const spans = plan.tables.flatMap((table, at) => {
    if (!table.history) return []
    const time = table.columns.find(({ role }) => role === 'from')?.type as ColumnType
    const keys = table.key.map((name, index) => `[k${index}] ${typed(columnNamed(table, name).type)}`)
    const values = overwritten(table).map(({ type }, index) => `[v${index}] ${typed(type)}`)
    return [
      create(spansTable(at), [...keys, '[span] INT NOT NULL', `[began] ${typed(time)}`, `[ended] ${typed(time)}`, ...values]),
    ]
  })
  return [create(rawTable, ['[seq] INT NOT NULL', ...raw]), create(rowsTable, ['[seq] INT NOT NULL', ...rows]), ...spans]
}

/** The columns of the bulk load into the raw table. */
export const rawColumns = ({ fields }: RelationalPlan): readonly BulkColumn[] => [
  { name: 'seq', type: 'Int' },
  ...fields.map((field, at) => bulkColumn(field, `f${at}`)),
]

/** Rows that go to their one table just as they are. */
export const isPlain = ({ tables }: RelationalPlan): boolean => tables.length === 1 && tables[0]?.mode === 'append'

const fieldName = (field: number): string => quoted(`f${field}`)

/** What a field is, as an expression over the raw rows. */
export const fieldSql = (plan: RelationalPlan, field: number): string =>
  typedSql((plan.fields[field] as RelationalPlan['fields'][number]).type, `f${field}`)

/** The values of a table's columns as expressions over raw rows. A column of the group is not among them. */
export function rawValues(plan: RelationalPlan, { columns }: PlannedTable) {
  return columns.flatMap(column =>
    column.role === 'field' ? [{ name: column.name, field: column.field, sql: fieldSql(plan, column.field) }] : [],
  )
}

/** The statements that fill the typed rows. */
export function typedRows(plan: RelationalPlan, { where }: LoadFacts): readonly LoadStatement[] {
  const names = plan.fields.map((_, field) => fieldName(field))
  const values = plan.fields.map((_, field) => fieldSql(plan, field))
  return [
    { sql: `DELETE FROM ${rowsTable}` },
    {
      sql: `INSERT INTO ${rowsTable} (${['[seq]', ...names].join(', ')})\nSELECT ${['[seq]', ...values].join(', ')} FROM ${rawTable}${
        where === undefined ? '' : ` WHERE ${where}`
      }`,
    },
  ]
}

/** What a row has in a column, as an expression over the typed rows `s`. */
export function valueSql({ tables }: RelationalPlan, table: PlannedTable, column: PlannedColumn): string {
  if (column.role === 'field') return `s.[f${column.field}]`
  if (column.role !== 'reference') throw new Error(`No value is known for a column that is ${column.role}.`)
  const adopted = adoptedColumns(tables, table).find(each => each.column === column)
  const id = `s.[id${column.to}]`
  return adopted ? `COALESCE(s.[a${tables.indexOf(table)}_${adopted.at}], ${id})` : id
}

/** The key of a table as expressions over the typed rows. */
export const keySql = (plan: RelationalPlan, table: PlannedTable): readonly string[] =>
  table.key.map(name => valueSql(plan, table, columnNamed(table, name)))

/** Rows that are about a row of the table. */
export function presentSql(plan: RelationalPlan, table: PlannedTable): string {
  if (!table.optional) return ''
  return ` WHERE ${keySql(plan, table)
    .map(sql => `${sql} IS NOT NULL`)
    .join(' AND ')}`
}

/** "The key of `alias` is that of the typed row." */
export const sameKeySql = (plan: RelationalPlan, table: PlannedTable, alias: string): string =>
  table.key.map(name => `${alias}.${quoted(name)} = ${valueSql(plan, table, columnNamed(table, name))}`).join(' AND ')

/** When it was so, as an expression over the typed rows. */
export const timeSql = ({ history }: PlannedTable, { startedSql }: LoadFacts): string =>
  history?.at === undefined ? startedSql : `s.[f${history.at}]`

/** A timestamp in SQL. */
export const timestampSql = (epochMs: number): string =>
  `CAST(N'${new Date(epochMs).toISOString().slice(0, -1)}' AS ${sqlServerType({ kind: 'timestamp', precision: 3 })})`
