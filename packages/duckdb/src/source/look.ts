import { type Json, SourceError } from '@millrace/etl-core'
import { type KeyJson, keyJson, keyPart, nullKeys, type PlannedSource, sourceTableOf, tableName } from '@millrace/relational'
import type { Session } from '../session.js'
import { quoted, tableSql } from '../sql.js'
import { comparedSql, keyOrder } from './ranges.js'
import { type ReadColumn, readColumn, readProblem, type SourceTable } from './values.js'

/**
 * Looks a table or view up.
 *
 * @throws SourceError `ETL_SOURCE_NOT_FOUND` if there is none. ConfigError `ETL_SCHEMA_INCOMPATIBLE` if it has other columns than the schema.
 */
export async function sourceTable(session: Session, place: string, name: string, planned: PlannedSource): Promise<SourceTable> {
  const { schema = 'main', name: table } = tableName(name)
  const stored = await session.rows(
    `SELECT column_name, data_type FROM duckdb_columns()
     WHERE database_name = current_database() AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2)`,
    [schema, table],
  )
  if (stored.length === 0) throw noTable(place, name)
  const columns = stored.map(([column, type]) => ({ name: column as string, type: type as string }))
  return sourceTableOf({ place, name, sql: tableSql(tableName(name)) }, columns, planned, { readProblem, readColumn })
}

/** What a number of rows comes to: how many they are, and a checksum that tells whether they are still the same. */
export interface RowsFound {
  readonly rows: number
  readonly checksum: string
}

/** Counts the rows of a condition. The checksum is over what is read of them. */
export async function rowsFound(session: Session, { sql, columns }: SourceTable, where: string): Promise<RowsFound> {
  const values = columns.map(({ column }) => quoted(column.name)).join(', ')
  const [row] = await session.rows(
    `SELECT count(*), CAST(coalesce(bit_xor(hash(${values})), 0) AS VARCHAR) FROM ${sql} WHERE ${where}`,
  )
  return { rows: Number(row?.[0] ?? 0), checksum: row?.[1] as string }
}

/** The greatest key of a condition; `undefined` where it has no rows. */
export async function lastKey(session: Session, table: SourceTable, where: string): Promise<KeyJson | undefined> {
  const keys = table.key.map(({ sql }) => sql).join(', ')
  const [row] = await session.rows(`SELECT ${keys} FROM ${table.sql} WHERE ${where} ORDER BY ${keyOrder(table, ' DESC')} LIMIT 1`)
  return row && keyJson(table, row)
}

/** Refuses rows whose key is null: no page would ever hold them. */
export async function refuseNullKeys(session: Session, table: SourceTable, where: string): Promise<void> {
  const isNull = table.key.map(({ column }) => `${quoted(column.name)} IS NULL`).join(' OR ')
  const [row] = await session.rows(`SELECT count(*) FROM ${table.sql} WHERE (${isNull}) AND ${where}`)
  const count = Number(row?.[0] ?? 0)
  if (count > 0) throw nullKeys(table, count)
}

/** Values of the key's first column that cut the rows into parts of about the same size, ascending. */
export async function boundaries(session: Session, table: SourceTable, where: string, parts: number): Promise<readonly Json[]> {
  const [first] = table.key as readonly [ReadColumn]
  const compared = comparedSql(first)
  // The last row of each part but the last.
  const sql = `SELECT DISTINCT v, o FROM (
    SELECT ${first.sql} AS v, ${compared} AS o, row_number() OVER (ORDER BY ${compared}) AS nth, count(*) OVER () AS all_rows
    FROM ${table.sql} WHERE ${where}
  ) WHERE nth IN (${Array.from({ length: parts - 1 }, (_, index) => `(all_rows * ${index + 1}) // ${parts}`).join(', ')}) ORDER BY o`
  return (await session.rows(sql)).map(([value]) => keyPart(table, first, value))
}

function noTable(place: string, name: string): SourceError {
  return new SourceError('ETL_SOURCE_NOT_FOUND', `There is no table or view "${name}" in ${place}.`, {
    context: { place, table: name },
  })
}

/** The error for a file that is not there. */
export function noFile(place: string): SourceError {
  return new SourceError(
    'ETL_SOURCE_NOT_FOUND',
    `There is no file at ${place}. Check the name, relative to the working directory.`,
    {
      context: { place },
    },
  )
}
