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
import { differsSql, forWriting, namesSql, quoted, tableSql } from '../sql.js'
import { historySql } from './history-sql.js'
import {
  isPlain,
  keySql,
  presentSql,
  rawTable,
  rawValues,
  rowsTable,
  sameKeySql,
  timeSql,
  typedRows,
  valueSql,
} from './staged-sql.js'

/** The statements that bring the raw rows into their tables, in one transaction. */
export function loadSql(plan: RelationalPlan, facts: LoadFacts): readonly LoadStatement[] {
  if (isPlain(plan)) return [{ sql: appendSql(plan, facts), writes: 0 }]
  return [
    ...typedRows(plan, facts),
    ...loadSteps(plan).flatMap(({ kind, table }): readonly LoadStatement[] => {
      const { history } = plan.tables[table] as PlannedTable
      if (kind === 'adopt') return [{ sql: adoptSql(plan, table) }]
      if (kind === 'resolve') return [{ sql: history ? resolveInTimeSql(plan, table, facts) : resolveSql(plan, table) }]
      return history ? historySql(plan, table, facts) : writeSql(plan, table)
    }),
  ]
}

function appendSql(plan: RelationalPlan, { where }: LoadFacts): string {
  const table = plan.tables[0] as PlannedTable
  const values = rawValues(plan, table)
  return (
    `INSERT INTO ${tableSql(table.at)} (${namesSql(values.map(({ name }) => name))})\n` +
    `SELECT ${values.map(({ sql }) => sql).join(', ')} FROM ${rawTable}${where === undefined ? '' : ` WHERE ${where}`} ORDER BY [seq]`
  )
}

/** Rows by their key: the last one counts, of what is kept the first. */
function writeSql(plan: RelationalPlan, at: number): readonly LoadStatement[] {
  const table = plan.tables[at] as PlannedTable
  const target = tableSql(table.at)
  const columns = table.columns.filter(({ role }) => role !== 'id')
  const place = (name: string) => columns.findIndex(column => column.name === name)
  const values = columns.map((column, index) => `${valueSql(plan, table, column)} AS [c${index}]`)
  const turn = table.mode === 'keep' ? 'ASC' : 'DESC'
  const numbered =
    `SELECT s.[seq], ${values.join(', ')}, ROW_NUMBER() OVER (PARTITION BY ${keySql(plan, table).join(', ')} ORDER BY s.[seq] ${turn}) AS [nth]\n` +
    `  FROM ${rowsTable} AS s${presentSql(plan, table)}`
  const isSame = table.key.map(name => `t.${quoted(name)} = x.[c${place(name)}]`).join(' AND ')
  const changes = overwritten(table)
  const update: LoadStatement = {
    sql:
      `UPDATE t SET ${changes.map(({ name }) => `${quoted(name)} = x.[c${place(name)}]`).join(', ')}\n` +
      `FROM ${target} AS t ${forWriting} INNER JOIN (\n  ${numbered}\n) AS x ON ${isSame}\n` +
      `WHERE x.[nth] = 1 AND (${changes.map(({ name, type }) => differsSql(type, `t.${quoted(name)}`, `x.[c${place(name)}]`)).join('\n  OR ')})`,
    writes: at,
  }
  const insert: LoadStatement = {
    sql:
      `INSERT INTO ${target} (${namesSql(columns.map(({ name }) => name))})\n` +
      `SELECT ${columns.map((_, index) => `x.[c${index}]`).join(', ')} FROM (\n  ${numbered}\n) AS x\n` +
      `WHERE x.[nth] = 1 AND NOT EXISTS (SELECT 1 FROM ${target} AS t ${forWriting} WHERE ${isSame}) ORDER BY x.[seq]`,
    writes: at,
  }
  return changes.length === 0 ? [insert] : [update, insert]
}

function resolveSql(plan: RelationalPlan, at: number): string {
  const table = plan.tables[at] as PlannedTable
  return (
    `UPDATE s SET [id${at}] = t.${quoted(table.id as string)}\n` +
    `FROM ${rowsTable} AS s INNER JOIN ${tableSql(table.at)} AS t ON ${sameKeySql(plan, table, 't')}`
  )
}

/** The row that held at the record's time; before the first one, the first. */
function resolveInTimeSql(plan: RelationalPlan, at: number, facts: LoadFacts): string {
  const table = plan.tables[at] as PlannedTable
  const from = `t.${quoted(table.history?.from as string)}`
  const time = timeSql(table, facts)
  const held = `CASE WHEN ${from} <= ${time} THEN`
  const nearest = `${held} 0 ELSE 1 END, ${held} ${from} END DESC, ${from}`
  return (
    `UPDATE s SET [id${at}] = x.[id]\nFROM ${rowsTable} AS s INNER JOIN (\n` +
    `  SELECT s.[seq], t.${quoted(table.id as string)} AS [id], ROW_NUMBER() OVER (PARTITION BY s.[seq] ORDER BY ${nearest}) AS [nth]\n` +
    `  FROM ${rowsTable} AS s INNER JOIN ${tableSql(table.at)} AS t ON ${sameKeySql(plan, table, 't')}\n` +
    `) AS x ON x.[seq] = s.[seq] AND x.[nth] = 1`
  )
}

/** Rows whose natural key is there already, though it refers to another period of a history, take over its reference. */
function adoptSql(plan: RelationalPlan, at: number): string {
  const { tables } = plan
  const table = tables[at] as PlannedTable
  const adopted = adoptedColumns(tables, table)
  const periods = adopted.map(({ to }, index) => {
    const { at: name, id, key } = tables[to] as PlannedTable
    const same = key.map(each => `p${index}.${quoted(each)} = n${index}.${quoted(each)}`)
    const target = tableSql(name)
    return (
      `\n  INNER JOIN ${target} AS n${index} ON n${index}.${quoted(id as string)} = s.[id${to}]` +
      `\n  INNER JOIN ${target} AS p${index} ON ${same.join(' AND ')}`
    )
  })
  const rest = table.key.map(name => {
    const index = adopted.findIndex(({ column }) => column.name === name)
    const other = tables[adopted[index]?.to ?? -1]
    const value = other ? `p${index}.${quoted(other.id as string)}` : valueSql(plan, table, columnNamed(table, name))
    return `t.${quoted(name)} = ${value}`
  })
  return (
    `UPDATE s SET ${adopted.map(each => `[a${at}_${each.at}] = x.[r${each.at}]`).join(', ')}\n` +
    `FROM ${rowsTable} AS s INNER JOIN (\n` +
    `  SELECT s.[seq], ${adopted.map(({ column, at }) => `t.${quoted(column.name)} AS [r${at}]`).join(', ')}\n` +
    `  FROM ${rowsTable} AS s${periods.join('')}\n  INNER JOIN ${tableSql(table.at)} AS t ON ${rest.join(' AND ')}\n` +
    `) AS x ON x.[seq] = s.[seq]`
  )
}
