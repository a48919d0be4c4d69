import { type Json, SourceError } from '@millrace/etl-core'
import {
  type KeyedTable,
  type KeyJson,
  keyJson,
  keyPart,
  nullKeys,
  type PlannedSource,
  type ReadColumn,
  type SourceTable,
  sourceTableOf,
  tableName,
} from '@millrace/relational'
import { objectNamed, storedColumns } from '../catalog.js'
import type { Session } from '../session.js'
import { quoted, tableSql } from '../sql.js'
import { type Condition, keyOrder } from './ranges.js'
import { readColumn, readProblem } from './values.js'

/**
 * Looks a table or view up.
 *
 * @throws SourceError `ETL_SOURCE_NOT_FOUND` if there is none. ConfigError `ETL_SCHEMA_INCOMPATIBLE` if it has other columns than the schema.
 */
export async function sourceTable(session: Session, place: string, name: string, planned: PlannedSource): Promise<SourceTable> {
  const at = tableName(name)
  const there = await objectNamed(session, at)
  const stored = there ? await storedColumns(session, there) : []
  if (stored.length === 0) {
    throw new SourceError(
      'ETL_SOURCE_NOT_FOUND',
      `There is no table or view "${name}" in ${place}, or this user may not see it.`,
      {
        context: { place, table: name },
      },
    )
  }
  return sourceTableOf({ place, name, sql: tableSql(at) }, stored, planned, { readProblem, readColumn })
}

/** The greatest key of a condition; `undefined` where it has no rows. */
export async function lastKey(session: Session, table: SourceTable, where: Condition): Promise<KeyJson | undefined> {
  const keys = table.key.map(({ sql }) => sql).join(', ')
  const [row] = await session.rows(
    `SELECT TOP (1) ${keys} FROM ${table.sql} AS t WHERE ${where.sql} ORDER BY ${keyOrder(table, ' DESC')}`,
    where.params,
  )
  return row && keyJson(table, row)
}

/** Refuses rows whose key is null: no page would ever hold them. */
export async function refuseNullKeys(session: Session, table: SourceTable, where: Condition): Promise<void> {
  const isNull = table.key.map(({ column }) => `${quoted(column.name)} IS NULL`).join(' OR ')
  const [row] = await session.rows(
    `SELECT CAST(COUNT_BIG(*) AS VARCHAR(20)) FROM ${table.sql} WHERE (${isNull}) AND ${where.sql}`,
    where.params,
  )
  const count = Number(row?.[0] ?? 0)
  if (count > 0) throw nullKeys(table, count)
}

/** Values of the key's first column that cut the rows into parts of about the same size, ascending. */
export async function boundaries(
  session: Session,
  table: SourceTable,
  where: Condition,
  parts: number,
): Promise<readonly Json[]> {
  const [first] = table.key as readonly [ReadColumn]
  const rows = await session.rows(boundariesSql(table, where, parts), where.params)
  const found = rows.map(([value]) => keyPart(table, first, value))
  return found.filter((value, index) => index === 0 || value !== found[index - 1])
}

/** The names in it are its own: a column of the table may have any. */
export function boundariesSql(table: KeyedTable & { readonly sql: string }, where: Condition, parts: number): string {
  const [first] = table.key as readonly [ReadColumn]
  // The last row of each part but the last.
  const turns = Array.from({ length: parts - 1 }, (_, index) => `(x.[all_rows] * ${index + 1}) / ${parts}`).join(', ')
  const nth = `ROW_NUMBER() OVER (ORDER BY t.${quoted(first.column.name)}) AS [nth]`
  const numbered = `SELECT ${first.sql} AS [value], ${nth}, COUNT_BIG(*) OVER () AS [all_rows] FROM ${table.sql} AS t WHERE ${where.sql}`
  return `SELECT x.[value] FROM (${numbered}) AS x WHERE x.[nth] IN (${turns}) ORDER BY x.[nth]`
}
