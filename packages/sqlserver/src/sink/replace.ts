import { type Group, groupOf, type Json, type RunContext, type Split, type SplitContext } from '@millrace/etl-core'
import {
  groupColumnOf,
  type PlannedTable,
  publishedName,
  type RelationalPlan,
  refuseStaleGroup,
  replacedTable,
} from '@millrace/relational'
import { sqlServerType } from '@millrace/schema/columns'
import type { Session } from '../session.js'
import { keyOf, namesSql, quoted, tableSql, textSql } from '../sql.js'
import type { Loading } from './loading.js'
import { completeSplits, isSucceeded, loadHash, type Part } from './splits.js'
import { rawTable, rawValues } from './staged-sql.js'

const groupsTable = '[dbo].[_millrace_groups]'

/** Which load published a group last, and how many rows it has. */
export const createGroups = `IF OBJECT_ID(N'${groupsTable}', N'U') IS NULL
CREATE TABLE ${groupsTable} (
  [target_hash] NVARCHAR(40) NOT NULL, [group_hash] NVARCHAR(40) NOT NULL, [target] NVARCHAR(MAX) NOT NULL, [group] NVARCHAR(MAX) NOT NULL,
  [load] NVARCHAR(MAX) NOT NULL, [rows] BIGINT NOT NULL, PRIMARY KEY ([target_hash], [group_hash]))`

/** The rows of one load wait here for their group, and nobody else's: cleaning up is dropping the table. */
const stagedTable = (load: string): string => `[dbo].[_millrace_staged_${load.slice(0, 24)}]`

const targetOf = ({ at }: PlannedTable): string => tableSql(at)
const groupColumn = (table: PlannedTable): string => quoted(groupColumnOf(table))
/** The rows of a group and no other: to a collation other names may be the same. */
const ofGroup = (table: PlannedTable): string =>
  `${groupColumn(table)} = @group AND CAST(${groupColumn(table)} AS VARBINARY(MAX)) = CAST(@group AS VARBINARY(MAX))`

/** Rows wait until their group is published. */
export function stagedLoading(plan: RelationalPlan, part: Part, ctx: SplitContext): Loading {
  const staged = stagedTable(loadHash(part, ctx))
  const split = textSql(keyOf(ctx.split.id))
  const values = rawValues(plan, replacedTable(plan))
  const columns = values.map(({ field }) => `[f${field}] ${sqlServerType(plan.fields[field]?.type as never)} NULL`)
  return {
    begin: [
      createGroups,
      `IF OBJECT_ID(${textSql(staged)}, N'U') IS NULL
CREATE TABLE ${staged} (${['[n] BIGINT IDENTITY(1,1) NOT NULL PRIMARY KEY', '[split_hash] NVARCHAR(40) NOT NULL', '[batch] BIGINT NOT NULL', ...columns].join(', ')})`,
    ],
    locks: [],
    async restart(session, fromBatch) {
      await session.run(`DELETE FROM ${staged} WHERE [split_hash] = ${split} AND [batch] >= ${fromBatch}`)
    },
    statements: (batchNo, where) => [
      {
        sql:
          `INSERT INTO ${staged} (${['[split_hash]', '[batch]', ...values.map(({ field }) => `[f${field}]`)].join(', ')})\n` +
          `SELECT ${[split, batchNo, ...values.map(({ sql }) => sql)].join(', ')} FROM ${rawTable}${where === undefined ? '' : ` WHERE ${where}`} ORDER BY [seq]`,
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

/** What only one publishing of a group may change at a time. */
export const groupLock = (plan: RelationalPlan, group: string): string =>
  `${targetOf(replacedTable(plan)).toLowerCase()} group ${group}`

/**
 * Swaps a group's rows for those that wait, in a transaction. Repeatable: they stay until the load is cleaned up.
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
  const load = loadHash(part, ctx)
  const mine = publishedName(part, ctx)
  const books = {
    complete: await completeSplits(session, load),
    succeeded: await isSucceeded(session, load, ctx.load.epoch),
    publishedBy: (await publishedBy(session, table, group.name))?.load,
  }
  refuseStaleGroup(table, group, mine, books, ctx)

  const target = targetOf(table)
  const values = rawValues(plan, table)
  await session.run(`DELETE FROM ${target} WHERE ${ofGroup(table)}`, { group: group.name })
  let rows = 0
  for (const { split } of group.receipts) {
    rows += await session.run(
      `INSERT INTO ${target} (${[namesSql(values.map(({ name }) => name)), groupColumn(table)].join(', ')})
SELECT ${[...values.map(({ field }) => `[f${field}]`), '@group'].join(', ')} FROM ${stagedTable(load)} WHERE [split_hash] = @split ORDER BY [n]`,
      { group: group.name, split: keyOf(split.id) },
    )
  }
  const key = { target: keyOf(target), group: keyOf(group.name) }
  await session.run(`DELETE FROM ${groupsTable} WHERE [target_hash] = @target AND [group_hash] = @group`, key)
  await session.run(
    `INSERT INTO ${groupsTable} ([target_hash], [group_hash], [target], [group], [load], [rows]) VALUES (@target, @group, @name, @named, @load, @rows)`,
    { ...key, name: target, named: group.name, load: mine, rows: BigInt(rows) },
  )
}

/** Whether a group has as many rows as it was published with. */
export async function groupStillThere(session: Session, plan: RelationalPlan, group: string): Promise<boolean> {
  const table = replacedTable(plan)
  const found = await publishedBy(session, table, group)
  if (!found || !(await isThere(session, targetOf(table)))) return false
  const [row] = await session.rows(`SELECT COUNT_BIG(*) FROM ${targetOf(table)} WHERE ${ofGroup(table)}`, { group })
  return String(row?.[0]) === found.rows
}

/** Drops what a load left waiting. */
export async function dropStaged(session: Session, load: string): Promise<void> {
  const staged = stagedTable(load)
  await session.run(`IF OBJECT_ID(${textSql(staged)}, N'U') IS NOT NULL DROP TABLE ${staged}`)
}

async function publishedBy(session: Session, table: PlannedTable, group: string) {
  if (!(await isThere(session, groupsTable))) return undefined
  const [row] = await session.rows(
    `SELECT [load], CAST([rows] AS VARCHAR(20)) FROM ${groupsTable} WHERE [target_hash] = @target AND [group_hash] = @group`,
    { target: keyOf(targetOf(table)), group: keyOf(group) },
  )
  return row && { load: row[0] as string, rows: row[1] as string }
}

async function isThere(session: Session, table: string): Promise<boolean> {
  const [row] = await session.rows(`SELECT CASE WHEN OBJECT_ID(${textSql(table)}, N'U') IS NULL THEN 0 ELSE 1 END`)
  return row?.[0] === 1
}
