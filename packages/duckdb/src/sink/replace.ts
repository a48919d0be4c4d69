import { type Group, groupOf, hashOf, type Json, type RunContext, type Split, type SplitContext } from '@millrace/etl-core'
import {
  groupColumnOf,
  type PlannedTable,
  publishedName,
  type RelationalPlan,
  refuseStaleGroup,
  replacedTable,
} from '@millrace/relational'
import { duckdbType } from '@millrace/schema/columns'
import type { Session } from '../session.js'
import { namesSql, quoted, tableSql, textSql } from '../sql.js'
import { rawValues } from './load-sql.js'
import type { Loading } from './loading.js'
import { completeSplits, isSucceeded, type Part } from './splits.js'
import { rawTable } from './stage.js'

const groupsTable = 'main."_millrace_groups"'

/** Which load published a group last, and how many rows it has. */
const createGroups = `CREATE TABLE IF NOT EXISTS ${groupsTable} (
  target VARCHAR NOT NULL, name VARCHAR NOT NULL, load VARCHAR NOT NULL, rows BIGINT NOT NULL, PRIMARY KEY (target, name))`

/** The rows of one load wait here for their group, and nobody else's: cleaning up is dropping the table. */
const stagedTable = (part: Part, pipeline: string, loadId: string): string =>
  `main.${quoted(`_millrace_staged_${hashOf([pipeline, part, loadId], 16)}`)}`

const targetOf = ({ at }: PlannedTable): string => JSON.stringify([at.schema ?? 'main', at.name])

/** Rows wait until their group is published. */
export function stagedLoading(plan: RelationalPlan, part: Part, ctx: SplitContext): Loading {
  const staged = stagedTable(part, ctx.pipeline, ctx.load.loadId)
  const split = textSql(ctx.split.id)
  const values = rawValues(plan, replacedTable(plan)).map(({ sql }) => sql)
  return {
    async begin(session) {
      const columns = plan.fields.map((field, at) => `f${at} ${duckdbType(field.type)}`)
      await session.run(
        `CREATE TABLE IF NOT EXISTS ${staged} (${['split VARCHAR NOT NULL', 'batch INTEGER NOT NULL', ...columns].join(', ')})`,
      )
      await session.run(createGroups)
    },
    async restart(session, fromBatch) {
      await session.run(`DELETE FROM ${staged} WHERE split = ${split} AND batch >= ${fromBatch}`)
    },
    statements: where => [
      {
        sql: `INSERT INTO ${staged} SELECT ${[split, 'batch', ...values].join(', ')} FROM ${rawTable}${where === undefined ? '' : ` WHERE ${where}`}`,
        writes: 0,
      },
    ],
  }
}

/** Which load a group was published by, as the load begins. */
export async function surveyGroup(session: Session, plan: RelationalPlan, splits: readonly Split[]): Promise<Json> {
  const found = await publishedBy(session, replacedTable(plan), groupOf(splits[0] as Split))
  return { load: found?.load ?? null }
}

/**
 * Swaps a group's rows for those that wait. Repeatable: they stay until the load is cleaned up.
 *
 * @throws StateError `ETL_STATE_CONFLICT` when the load was cleaned up or taken over. SinkError `ETL_SINK_CONFLICT` when another load has
 * published the group since this one began.
 */
export async function publishGroup(
  session: Session,
  plan: RelationalPlan,
  part: Part,
  group: Group,
  ctx: RunContext,
): Promise<void> {
  const table = replacedTable(plan)
  const target = tableSql(table.at)
  const column = groupColumnOf(table)
  const mine = publishedName(part, ctx)
  const books = {
    complete: await completeSplits(session, part, ctx.pipeline, ctx.load.loadId),
    succeeded: await isSucceeded(session, part, ctx.pipeline, ctx.load),
    publishedBy: (await publishedBy(session, table, group.name))?.load,
  }
  refuseStaleGroup(table, group, mine, books, ctx)

  const splits = group.receipts.map(({ split }) => split.id)
  const fields = rawValues(plan, table).map(({ name }) => name)
  const order = `[${splits.map(textSql).join(', ')}]`
  const values = [...table.columns.flatMap(each => (each.role === 'field' ? [`f${each.field}`] : [])), textSql(group.name)].join(
    ', ',
  )
  await session.run(`DELETE FROM ${target} WHERE ${quoted(column)} = ${textSql(group.name)}`)
  const rows = await session.run(
    `INSERT INTO ${target} (${namesSql([...fields, column])}) SELECT ${values} FROM ${stagedTable(part, ctx.pipeline, ctx.load.loadId)} AS s
     WHERE list_contains(${order}, split) ORDER BY list_position(${order}, split), s.rowid`,
  )
  await session.run(`INSERT OR REPLACE INTO ${groupsTable} VALUES ($1, $2, $3, $4)`, [
    targetOf(table),
    group.name,
    mine,
    BigInt(rows),
  ])
}

/** Whether a group has as many rows as it was published with. */
export async function groupStillThere(session: Session, plan: RelationalPlan, group: string): Promise<boolean> {
  const table = replacedTable(plan)
  const found = await publishedBy(session, table, group)
  if (!found || !(await hasTable(session, table.at.schema ?? 'main', table.at.name))) return false
  const [row] = await session.rows(
    `SELECT count(*) FROM ${tableSql(table.at)} WHERE ${quoted(groupColumnOf(table))} = ${textSql(group)}`,
  )
  return row?.[0] === found.rows
}

/** Drops what a load left waiting. */
export async function dropStaged(session: Session, part: Part, pipeline: string, loadId: string): Promise<void> {
  await session.run(`DROP TABLE IF EXISTS ${stagedTable(part, pipeline, loadId)}`)
}

async function publishedBy(session: Session, table: PlannedTable, group: string) {
  if (!(await hasTable(session, 'main', '_millrace_groups'))) return undefined
  const sql = `SELECT load, rows FROM ${groupsTable} WHERE target = $1 AND name = $2`
  const [row] = await session.rows(sql, [targetOf(table), group])
  return row && { load: row[0] as string, rows: row[1] as bigint }
}

async function hasTable(session: Session, schema: string, name: string): Promise<boolean> {
  const sql = `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2)`
  return (await session.rows(sql, [schema, name])).length > 0
}
