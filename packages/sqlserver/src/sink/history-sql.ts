import { type LoadFacts, type LoadStatement, overwritten, type PlannedTable, type RelationalPlan } from '@millrace/relational'
import { differsSql, forWriting, namesSql, quoted, tableSql } from '../sql.js'
import { keySql, presentSql, rowsTable, spansTable, timeSql, valueSql } from './staged-sql.js'

/**
 * Rows whose past is kept. Per key, the staged rows are put into the order of their time (of two at the same time the last one counts), those
 * older than the row that holds now are left out, and the rest falls into spans: span 0 is more of the row that holds now, each later one
 * begins with a change.
 */
export function historySql(plan: RelationalPlan, at: number, facts: LoadFacts): readonly LoadStatement[] {
  const table = plan.tables[at] as PlannedTable
  const history = table.history as NonNullable<PlannedTable['history']>
  const target = tableSql(table.at)
  const spans = spansTable(at)
  const [from, until] = [quoted(history.from), quoted(history.until)]
  const values = overwritten(table).map((column, index) => ({
    name: quoted(column.name),
    v: `[v${index}]`,
    index,
    type: column.type,
    tracked: history.of.includes(column.name),
    sql: valueSql(plan, table, column),
  }))
  const tracked = values.filter(each => each.tracked)
  const keys = table.key.map((_, index) => `[k${index}]`)
  const key = keys.join(', ')
  const isSame = table.key.map((name, index) => `t.${quoted(name)} = x.[k${index}]`).join(' AND ')
  const moment = timeSql(table, facts)
  const selected = [
    ...keySql(plan, table).map((sql, index) => `${sql} AS [k${index}]`),
    `${moment} AS [moment]`,
    ...values.map(({ sql, v }) => `${sql} AS ${v}`),
  ].join(', ')
  const all = [...keys, '[moment]', ...values.map(({ v }) => v)].map(name => `x.${name}`).join(', ')
  const differs = (before: string) => tracked.map(({ type, v, index }) => differsSql(type, v, `[${before}${index}]`)).join(' OR ')
  const inOrder = `OVER (PARTITION BY ${key} ORDER BY [moment])`

  const found = `WITH numbered AS (
  SELECT ${selected}, ROW_NUMBER() OVER (PARTITION BY ${[...keySql(plan, table), moment].join(', ')} ORDER BY s.[seq] DESC) AS [nth]
  FROM ${rowsTable} AS s${presentSql(plan, table)}
), news AS (
  SELECT ${all}, t.${from} AS [held_from], ${tracked.map(({ name, index }) => `t.${name} AS [was${index}]`).join(', ')}
  FROM numbered AS x LEFT JOIN ${target} AS t ${forWriting} ON ${isSame} AND t.${until} IS NULL
  WHERE x.[nth] = 1 AND (t.${from} IS NULL OR x.[moment] >= t.${from})
), ordered AS (
  SELECT *, ROW_NUMBER() ${inOrder} AS [turn], ${tracked.map(({ v, index }) => `LAG(${v}) ${inOrder} AS [last${index}]`).join(', ')}
  FROM news
), begun AS (
  SELECT *, CASE
    WHEN [turn] > 1 THEN CASE WHEN ${differs('last')} THEN 1 ELSE 0 END
    WHEN [held_from] IS NULL OR ([moment] > [held_from] AND (${differs('was')})) THEN 1 ELSE 0 END AS [begins]
  FROM ordered
), spanned AS (
  SELECT *, SUM([begins]) OVER (PARTITION BY ${key} ORDER BY [moment] ROWS UNBOUNDED PRECEDING) AS [span] FROM begun
), ended AS (
  SELECT *, MIN([moment]) OVER (PARTITION BY ${key}, [span]) AS [began],
    ROW_NUMBER() OVER (PARTITION BY ${key}, [span] ORDER BY [moment] DESC) AS [from_last]
  FROM spanned
)
INSERT INTO ${spans} (${[key, '[span]', '[began]', '[ended]', ...values.map(({ v }) => v)].join(', ')})
SELECT ${[key, '[span]', '[began]', `LEAD([began]) OVER (PARTITION BY ${key} ORDER BY [span])`, ...values.map(({ v }) => v)].join(', ')}
FROM ended WHERE [from_last] = 1`

  const differ = values.map(({ name, v, type }) => differsSql(type, `t.${name}`, `x.${v}`)).join('\n  OR ')
  const columns = [...table.key, ...overwritten(table).map(({ name }) => name), history.from, history.until]
  return [
    { sql: `DELETE FROM ${spans}` },
    { sql: found },
    {
      sql:
        `UPDATE t SET ${values.map(({ name, v }) => `${name} = x.${v}`).join(', ')}\n` +
        `FROM ${target} AS t INNER JOIN ${spans} AS x ON ${isSame}\nWHERE t.${until} IS NULL AND x.[span] = 0 AND (${differ})`,
      writes: at,
    },
    {
      sql:
        `UPDATE t SET ${until} = x.[began]\n` +
        `FROM ${target} AS t INNER JOIN ${spans} AS x ON ${isSame}\nWHERE t.${until} IS NULL AND x.[span] = 1`,
    },
    {
      sql:
        `INSERT INTO ${target} (${namesSql(columns)})\n` +
        `SELECT ${[key, ...values.map(({ v }) => v), '[began]', '[ended]'].join(', ')} FROM ${spans} WHERE [span] > 0 ORDER BY ${key}, [began]`,
      writes: at,
    },
  ]
}
