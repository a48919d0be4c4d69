import { hashOf } from '@millrace/etl-core'
import {
  type ByHand,
  fixedReferences,
  type PlannedColumn,
  type PlannedTable,
  type PlannedView,
  type RelationalPlan,
  sameName,
} from '@millrace/relational'
import { duckdbType } from '@millrace/schema/columns'
import { namesSql, quoted, tableSql, textSql } from './sql.js'

/** The sequence that gives a table's ids. Its name is plain: a default cannot quote one. */
const sequenceOf = ({ at }: PlannedTable): string => `_millrace_ids_${hashOf([at.schema ?? 'main', at.name], 12)}`

/**
 * The statements that make a table.
 *
 * @param referable - Whether a table's id can be the target of a foreign key: not every table that was there before has a key on it.
 */
export function createTable(table: PlannedTable, plan: RelationalPlan, referable: (table: number) => boolean): readonly string[] {
  const sequence = sequenceOf(table)
  const columns = table.columns.map(column =>
    column.role === 'id'
      ? `${quoted(column.name)} BIGINT DEFAULT nextval(${textSql(`main.${sequence}`)}) PRIMARY KEY`
      : `${columnSql(column)}${column.nullable ? '' : ' NOT NULL'}`,
  )
  const unique = table.unique.length === 0 ? [] : [`UNIQUE (${namesSql(table.unique)})`]
  const foreign = fixedReferences(table).flatMap(({ name, to }) => {
    const other = plan.tables[to]
    // DuckDB has none from one schema into another.
    const near = sameName(other?.at.schema ?? 'main', table.at.schema ?? 'main')
    return near && other?.id !== undefined && referable(to)
      ? [`FOREIGN KEY (${quoted(name)}) REFERENCES ${tableSql(other.at)} (${quoted(other.id)})`]
      : []
  })
  return [
    ...(table.at.schema === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${quoted(table.at.schema)}`]),
    ...(table.id === undefined ? [] : [`CREATE SEQUENCE IF NOT EXISTS main.${sequence}`]),
    `CREATE TABLE ${tableSql(table.at)} (\n  ${[...columns, ...unique, ...foreign].join(',\n  ')}\n)`,
  ]
}

const columnSql = ({ name, type }: PlannedColumn): string => `${quoted(name)} ${duckdbType(type)}`

/** The statement that adds a nullable column. */
export const addColumn = (table: PlannedTable, column: PlannedColumn): string =>
  `ALTER TABLE ${tableSql(table.at)} ADD COLUMN ${columnSql(column)}`

/** The statements that make a view, anew if it is there. */
export function createView(view: PlannedView, { tables }: RelationalPlan): readonly string[] {
  const at = (table: number) => tables[table] as PlannedTable
  const columns = view.columns.map(({ table, column, as }) => `t${table}.${quoted(column)} AS ${quoted(as)}`)
  const joins = view.joins.map(({ from, column, to }) => {
    const { at: name, id } = at(to)
    return `\nLEFT JOIN ${tableSql(name)} AS t${to} ON t${to}.${quoted(id as string)} = t${from}.${quoted(column)}`
  })
  return [
    ...(view.at.schema === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${quoted(view.at.schema)}`]),
    `CREATE OR REPLACE VIEW ${tableSql(view.at)} AS\nSELECT ${columns.join(', ')}\nFROM ${tableSql(at(view.table).at)} AS t${view.table}${joins.join('')}`,
  ]
}

/** The statement someone may run by hand so that a stored table fits. */
export function byHandSql({ at }: PlannedTable, what: ByHand): string {
  const table = tableSql(at)
  if (what.do === 'make unique') return `CREATE UNIQUE INDEX ${quoted(`${at.name}_key`)} ON ${table} (${namesSql(what.columns)})`
  const name = quoted(what.column.name)
  const type = typeof what.column.type === 'string' ? what.column.type : duckdbType(what.column.type)
  switch (what.do) {
    case 'change type':
      return `ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${type}`
    case 'allow null':
      return `ALTER TABLE ${table} ALTER COLUMN ${name} DROP NOT NULL`
    case 'drop column':
      return `ALTER TABLE ${table} DROP COLUMN ${name}`
    case 'add column':
      return `ALTER TABLE ${table} ADD COLUMN ${name} ${type}, fill it, ALTER TABLE ${table} ALTER COLUMN ${name} SET NOT NULL`
    case 'give ids':
      return `CREATE SEQUENCE ${quoted(`${at.name}_ids`)}, ALTER TABLE ${table} ALTER COLUMN ${name} SET DEFAULT nextval('${`${at.name}_ids`.replaceAll("'", "''")}')`
  }
}
