import {
  adoptedColumns,
  columnNamed,
  type LoadFacts,
  type LoadStatement,
  loadSteps,
  overwritten,
  type PlannedTable,
  type RelationalPlan,
} from '@millrace/relational'
import { namesSql, quoted, tableSql } from '../sql.js'
import { historySql } from './history-sql.js'
import { fieldSql, rawTable } from './stage.js'
import { keySql, presentSql, rowsName, rowsTable, timeSql, valueSql } from './staged-sql.js'

/** The statements that bring the raw rows into their tables, in one transaction. */
export function loadSql(plan: RelationalPlan, facts: LoadFacts): readonly LoadStatement[] {
  const [only] = plan.tables
  if (plan.tables.length === 1 && only?.mode === 'append') return [{ sql: appendSql(plan, only, facts), writes: 0 }]
  return [
    { sql: typedRowsSql(plan, facts) },
    ...loadSteps(plan).flatMap(({ kind, table }): readonly LoadStatement[] => {
      const of = plan.tables[table] as PlannedTable
      if (kind === 'adopt') return [{ sql: adoptSql(plan, table) }]
      if (kind === 'resolve') return [{ sql: of.history ? resolveInTimeSql(plan, table, facts) : resolveSql(plan, table) }]
      return of.history
        ? historySql(plan, table, facts)
        : [{ sql: of.mode === 'append' ? appendRowsSql(plan, of) : writeSql(plan, table), writes: table }]
    }),
  ]
}

const where = ({ where }: LoadFacts) => (where === undefined ? '' : ` WHERE ${where}`)

/** The values of a table's columns as expressions over raw rows. A column of the group is not among them. */
export function rawValues(
  { fields }: RelationalPlan,
  { columns }: PlannedTable,
): readonly { readonly name: string; readonly sql: string }[] {
  return columns.flatMap(column =>
    column.role === 'field'
      ? [{ name: column.name, sql: fieldSql(fields[column.field] as (typeof fields)[number], column.field) }]
      : [],
  )
}

function appendSql(plan: RelationalPlan, table: PlannedTable, facts: LoadFacts): string {
  const values = rawValues(plan, table)
  const into = `${tableSql(table.at)} (${namesSql(values.map(({ name }) => name))})`
  return `INSERT INTO ${into} SELECT ${values.map(({ sql }) => sql).join(', ')} FROM ${rawTable}${where(facts)}`
}

function appendRowsSql(plan: RelationalPlan, table: PlannedTable): string {
  const columns = table.columns.filter(({ role }) => role !== 'id')
  const values = columns.map(column => valueSql(plan, table, column)).join(', ')
  return `INSERT INTO ${tableSql(table.at)} (${namesSql(columns.map(({ name }) => name))}) SELECT ${values} FROM ${rowsTable} AS s`
}

function typedRowsSql({ fields, tables }: RelationalPlan, facts: LoadFacts): string {
  const ids = tables.flatMap(({ referred }, table) => (referred ? [`CAST(NULL AS BIGINT) AS id${table}`] : []))
  const adopted = tables.flatMap((each, table) =>
    adoptedColumns(tables, each).map(({ at }) => `CAST(NULL AS BIGINT) AS a${table}_${at}`),
  )
  const columns = ['seq', ...fields.map((field, at) => `${fieldSql(field, at)} AS f${at}`), ...ids, ...adopted]
  return `CREATE OR REPLACE TEMP TABLE ${rowsName} AS SELECT ${columns.join(', ')} FROM ${rawTable}${where(facts)}`
}

/** "The key of `alias` is that of the typed row." */
const sameKeySql = (plan: RelationalPlan, table: PlannedTable, alias: string): string =>
  table.key.map(name => `${alias}.${quoted(name)} = ${valueSql(plan, table, columnNamed(table, name))}`).join(' AND ')

/** Rows by their key: the last one counts, of what is kept the first. */
function writeSql(plan: RelationalPlan, at: number): string {
  const table = plan.tables[at] as PlannedTable
  const columns = table.columns.filter(({ role }) => role !== 'id')
  const values = columns.map((column, index) => `${valueSql(plan, table, column)} AS c${index}`)
  const turn = table.mode === 'keep' ? 'ASC' : 'DESC'
  const numbered =
    `SELECT s.seq, ${values.join(', ')}, row_number() OVER (PARTITION BY ${keySql(plan, table).join(', ')} ORDER BY s.seq ${turn}) AS nth ` +
    `FROM ${rowsTable} AS s WHERE ${presentSql(plan, table)}`
  const target = tableSql(table.at)
  const changing = overwritten(table).map(({ name }) => quoted(name))
  const conflict =
    changing.length === 0
      ? 'DO NOTHING'
      : `DO UPDATE SET ${changing.map(name => `${name} = excluded.${name}`).join(', ')} ` +
        `WHERE ${changing.map(name => `t.${name} IS DISTINCT FROM excluded.${name}`).join(' OR ')}`
  return (
    `INSERT INTO ${target} AS t (${namesSql(columns.map(({ name }) => name))}) ` +
    `SELECT ${columns.map((_, index) => `c${index}`).join(', ')} FROM (${numbered}) WHERE nth = 1 ORDER BY seq ` +
    `ON CONFLICT (${namesSql(table.key)}) ${conflict}`
  )
}

function resolveSql(plan: RelationalPlan, at: number): string {
  const table = plan.tables[at] as PlannedTable
  return `UPDATE ${rowsTable} AS s SET id${at} = t.${quoted(table.id as string)} FROM ${tableSql(table.at)} AS t WHERE ${sameKeySql(plan, table, 't')}`
}

/** The row that held at the record's time; before the first one, the first. */
function resolveInTimeSql(plan: RelationalPlan, at: number, facts: LoadFacts): string {
  const table = plan.tables[at] as PlannedTable
  const from = `t.${quoted(table.history?.from as string)}`
  const time = timeSql(table, facts)
  const nearest = `ORDER BY ${from} <= ${time} DESC, CASE WHEN ${from} <= ${time} THEN ${from} END DESC, ${from}`
  const found =
    `SELECT s.seq, t.${quoted(table.id as string)} AS id, row_number() OVER (PARTITION BY s.seq ${nearest}) AS nth ` +
    `FROM ${rowsTable} AS s JOIN ${tableSql(table.at)} AS t ON ${sameKeySql(plan, table, 't')}`
  return `UPDATE ${rowsTable} AS s SET id${at} = x.id FROM (SELECT seq, id FROM (${found}) WHERE nth = 1) AS x WHERE x.seq = s.seq`
}

/** Rows whose natural key is there already, though it refers to another period of a history, take over its reference. */
function adoptSql(plan: RelationalPlan, at: number): string {
  const { tables } = plan
  const table = tables[at] as PlannedTable
  const adopted = adoptedColumns(tables, table)
  const periods = adopted.map(({ to }, index) => {
    const { at: name, id, key } = tables[to] as PlannedTable
    const same = key.map(each => `any${index}.${quoted(each)} = now${index}.${quoted(each)}`)
    const target = tableSql(name)
    return (
      ` JOIN ${target} AS now${index} ON now${index}.${quoted(id as string)} = s.id${to}` +
      ` JOIN ${target} AS any${index} ON ${same.join(' AND ')}`
    )
  })
  const rest = table.key.flatMap(name => {
    const index = adopted.findIndex(({ column }) => column.name === name)
    const value =
      index < 0
        ? valueSql(plan, table, columnNamed(table, name))
        : `any${index}.${quoted(tables[adopted[index]?.to as number]?.id as string)}`
    return [`t.${quoted(name)} = ${value}`]
  })
  const found =
    `SELECT s.seq, ${adopted.map(({ column, at }) => `t.${quoted(column.name)} AS r${at}`).join(', ')} FROM ${rowsTable} AS s` +
    `${periods.join('')} JOIN ${tableSql(table.at)} AS t ON ${rest.join(' AND ')}`
  const sets = adopted.map(each => `a${at}_${each.at} = x.r${each.at}`)
  return `UPDATE ${rowsTable} AS s SET ${sets.join(', ')} FROM (${found}) AS x WHERE x.seq = s.seq`
}
