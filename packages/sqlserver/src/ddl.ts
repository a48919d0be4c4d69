import type { ByHand, PlannedColumn, PlannedTable, PlannedView, RelationalPlan } from '@millrace/relational'
import { type ColumnType, sqlServerType } from '@millrace/schema/columns'
import { namesSql, quoted, tableSql, textSql } from './sql.js'

/** Bytes that the columns of a primary key may have together; other keys may have 1,700. */
const primaryKeyBytes = 900

const columnSql = ({ name, type, nullable }: PlannedColumn): string =>
  `${quoted(name)} ${sqlServerType(type)} ${nullable ? 'NULL' : 'NOT NULL'}`

/**
 * The statements that make a table.
 *
 * @param referable - Whether a table's id can be the target of a foreign key: not every table that was there before has a key on it.
 */
export function createTable(table: PlannedTable, plan: RelationalPlan, referable: (table: number) => boolean): readonly string[] {
  const columns = table.columns.map(column =>
    column.role === 'id' ? `${quoted(column.name)} BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY` : columnSql(column),
  )
  const foreign = table.columns.flatMap(column => {
    const other = column.role === 'reference' ? plan.tables[column.to] : undefined
    if (column.role !== 'reference' || other?.id === undefined || !referable(column.to)) return []
    return [`FOREIGN KEY (${quoted(column.name)}) REFERENCES ${tableSql(other.at)} (${quoted(other.id)})`]
  })
  return [
    ...createSchema(table.at.schema),
    `CREATE TABLE ${tableSql(table.at)} (\n  ${[...columns, ...keySql(table), ...foreign].join(',\n  ')}\n)`,
  ]
}

function createSchema(schema: string | undefined): readonly string[] {
  if (schema === undefined) return []
  // It has to be alone in its batch.
  return [`IF SCHEMA_ID(${textSql(schema)}) IS NULL EXEC(${textSql(`CREATE SCHEMA ${quoted(schema)}`)})`]
}

/** A table without an id has its natural key as the primary one, so that its rows lie in that order: it is read by it. */
function keySql(table: PlannedTable): readonly string[] {
  if (table.unique.length === 0) return []
  const types = table.unique.map(name => table.columns.find(column => column.name === name)?.type as ColumnType)
  const primary = table.id === undefined && types.reduce((sum, type) => sum + bytesOf(type), 0) <= primaryKeyBytes
  return [`${primary ? 'PRIMARY KEY' : 'UNIQUE'} (${namesSql(table.unique)})`]
}

function bytesOf(type: ColumnType): number {
  return type.kind === 'string' ? 2 * (type.length ?? 4_000) : type.kind === 'decimal' ? 17 : 8
}

/** The statement that adds a nullable column: one at a time, as some servers want it. */
export const addColumn = (table: PlannedTable, { name, type }: PlannedColumn): string =>
  `ALTER TABLE ${tableSql(table.at)} ADD ${quoted(name)} ${sqlServerType(type)} NULL`

/**
 * The statements that make a view. The last one is what it is made with.
 *
 * @param anew - It is there, and made anew.
 */
export function createView(view: PlannedView, { tables }: RelationalPlan, anew: boolean): readonly string[] {
  const at = (table: number) => tables[table] as PlannedTable
  const columns = view.columns.map(({ table, column, as }) => `t${table}.${quoted(column)} AS ${quoted(as)}`)
  const joins = view.joins.map(({ from, column, to }) => {
    const { at: name, id } = at(to)
    return `\nLEFT JOIN ${tableSql(name)} AS t${to} ON t${to}.${quoted(id as string)} = t${from}.${quoted(column)}`
  })
  const name = tableSql(view.at)
  return [
    ...createSchema(view.at.schema),
    ...(anew ? [`DROP VIEW ${name}`] : []),
    `CREATE VIEW ${name} AS\nSELECT ${columns.join(', ')}\nFROM ${tableSql(at(view.table).at)} AS t${view.table}${joins.join('')}`,
  ]
}

/** The statement someone may run by hand so that a stored table fits. */
export function byHandSql({ at }: PlannedTable, what: ByHand): string {
  const table = tableSql(at)
  if (what.do === 'make unique') return `CREATE UNIQUE INDEX ${quoted(`${at.name}_key`)} ON ${table} (${namesSql(what.columns)})`
  const name = quoted(what.column.name)
  const type = typeof what.column.type === 'string' ? what.column.type : sqlServerType(what.column.type)
  switch (what.do) {
    case 'change type':
      return `ALTER TABLE ${table} ALTER COLUMN ${name} ${type} ${what.column.nullable ? 'NULL' : 'NOT NULL'}`
    case 'allow null':
      return `ALTER TABLE ${table} ALTER COLUMN ${name} ${type} NULL`
    case 'drop column':
      return `ALTER TABLE ${table} DROP COLUMN ${name}`
    case 'add column':
      return `ALTER TABLE ${table} ADD ${name} ${type} NULL, fill it, ALTER TABLE ${table} ALTER COLUMN ${name} ${type} NOT NULL`
    case 'give ids':
      return `ALTER TABLE ${table} DROP COLUMN ${name}, ALTER TABLE ${table} ADD ${name} BIGINT IDENTITY(1,1) NOT NULL`
  }
}
