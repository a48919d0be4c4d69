import { type LoadFacts, type LoadStatement, overwritten, type PlannedTable, type RelationalPlan } from '@millrace/relational'
import { namesSql, quoted, tableSql } from '../sql.js'
import { keySql, presentSql, rowsTable, timeSql, valueSql } from './staged-sql.js'

const spansName = '_millrace_spans'

/**
 * Rows whose past is kept. Per key, the staged rows are put into the order of their time (of two at the same time the last one counts), those
 * older than the row that holds now are left out, and the rest falls into spans: span 0 is more of the row that holds now, each later one
 * begins with a change.
 */
export function historySql(plan: RelationalPlan, at: number, facts: LoadFacts): readonly LoadStatement[] {
  const table = plan.tables[at] as PlannedTable
  const history = table.history as NonNullable<PlannedTable['history']>
  const target = tableSql(table.at)
  const [from, until] = [quoted(history.from), quoted(history.until)]
  const values = overwritten(table)
  const key = table.key.map((name, index) => ({ name: quoted(name), k: `k${index}` }))
  const keys = key.map(({ k }) => k).join(', ')
  const isSame = key.map(({ name, k }) => `t.${name} = x.${k}`).join(' AND ')
  const changing = values.map((column, index) => ({
    name: quoted(column.name),
    v: `v${index}`,
    tracked: history.of.includes(column.name),
  }))
  const tracked = changing.filter(each => each.tracked)
  const differs = (before: (v: string, name: string) => string) =>
    tracked.map(({ v, name }) => `${v} IS DISTINCT FROM ${before(v, name)}`).join(' OR ')

  const spans = `CREATE OR REPLACE TEMP TABLE ${spansName} AS
WITH numbered AS (
  SELECT ${keySql(plan, table)
    .map((sql, index) => `${sql} AS k${index}`)
    .join(
      ', ',
    )}, ${timeSql(table, facts)} AS moment, ${values.map((column, index) => `${valueSql(plan, table, column)} AS v${index}`).join(', ')},
    row_number() OVER (PARTITION BY ${[...keySql(plan, table), timeSql(table, facts)].join(', ')} ORDER BY s.seq DESC) AS nth
  FROM ${rowsTable} AS s WHERE ${presentSql(plan, table)}
), news AS (
  SELECT x.* EXCLUDE (nth), t.${from} AS held_from, ${tracked.map(({ name, v }) => `t.${name} AS was_${v}`).join(', ')}
  FROM numbered AS x LEFT JOIN ${target} AS t ON ${isSame} AND t.${until} IS NULL
  WHERE nth = 1 AND (t.${from} IS NULL OR moment >= t.${from})
), ordered AS (
  SELECT *, row_number() OVER by_time AS nth, ${tracked.map(({ v }) => `lag(${v}) OVER by_time AS last_${v}`).join(', ')}
  FROM news WINDOW by_time AS (PARTITION BY ${keys} ORDER BY moment)
), begun AS (
  SELECT *, CASE
    WHEN nth > 1 THEN ${differs(v => `last_${v}`)}
    ELSE held_from IS NULL OR (moment > held_from AND (${differs(v => `was_${v}`)})) END AS begins
  FROM ordered
), spanned AS (
  SELECT *, sum(CASE WHEN begins THEN 1 ELSE 0 END) OVER (PARTITION BY ${keys} ORDER BY moment) AS span FROM begun
), ended AS (
  SELECT *, min(moment) OVER (PARTITION BY ${keys}, span) AS began, row_number() OVER (PARTITION BY ${keys}, span ORDER BY moment DESC) AS from_last
  FROM spanned
)
SELECT ${keys}, span, began, lead(began) OVER (PARTITION BY ${keys} ORDER BY span) AS ended, ${changing.map(({ v }) => v).join(', ')}
FROM ended WHERE from_last = 1`

  const columns = [...table.key, ...values.map(({ name }) => name), history.from, history.until]
  return [
    { sql: spans },
    {
      sql:
        `UPDATE ${target} AS t SET ${changing.map(({ name, v }) => `${name} = x.${v}`).join(', ')} FROM ${spansName} AS x ` +
        `WHERE ${isSame} AND t.${until} IS NULL AND x.span = 0 AND (${changing.map(({ name, v }) => `t.${name} IS DISTINCT FROM x.${v}`).join(' OR ')})`,
      writes: at,
    },
    {
      sql: `UPDATE ${target} AS t SET ${until} = x.began FROM ${spansName} AS x WHERE ${isSame} AND t.${until} IS NULL AND x.span = 1`,
    },
    {
      sql:
        `INSERT INTO ${target} (${namesSql(columns)}) SELECT ${keys}, ${changing.map(({ v }) => v).join(', ')}, began, ended ` +
        `FROM ${spansName} WHERE span > 0 ORDER BY ${keys}, began`,
      writes: at,
    },
  ]
}
