import type { DuckDBValue } from '@duckdb/node-api'
import { type SourceBatch, SourceError } from '@millrace/etl-core'
import { type KeyJson, keyJson, type RowRange, readPages } from '@millrace/relational'
import type { Session } from '../session.js'
import { type RowsFound, rowsFound } from './look.js'
import { behindSql, keyOrder, notBehindSql, rangeSql } from './ranges.js'
import type { SourceTable } from './values.js'

/** What a split's `params` hold. */
export interface SplitParams extends RowRange, RowsFound {
  readonly pageRows: number
}

/**
 * Reads the rows of a range, if they are those that were planned. Where its pages end is found out once: a page that is asked for by where it
 * begins alone makes DuckDB look through all rows behind that.
 *
 * @throws SourceError `ETL_SOURCE_CHANGED` if they are not, `ETL_SOURCE_KEY` if the key is not unique.
 */
export async function* readRange<T>(
  session: Session,
  table: SourceTable,
  params: SplitParams,
  from: KeyJson | undefined,
): AsyncGenerator<SourceBatch<T>> {
  const range = rangeSql(table, params)
  const found = await rowsFound(session, table, range)
  if (found.rows !== params.rows || found.checksum !== params.checksum) throw changed(table, params, found)
  const columns = table.columns.map(({ sql }) => sql).join(', ')
  const ends = await pageEnds(
    session,
    table,
    from === undefined ? range : `${range} AND ${behindSql(table, from)}`,
    params.pageRows,
  )
  yield* readPages<T, DuckDBValue>(table, params.pageRows, from, async last => {
    const end = ends.shift()
    const within = [range, ...(last ? [behindSql(table, last)] : []), ...(end ? [notBehindSql(table, end)] : [])]
    const rows = await session.rows(
      `SELECT ${columns} FROM ${table.sql} WHERE ${within.join(' AND ')} ORDER BY ${keyOrder(table)}`,
    )
    return { rows, more: end !== undefined }
  })
}

/** The last keys of all pages that are full. */
async function pageEnds(session: Session, table: SourceTable, where: string, pageRows: number): Promise<KeyJson[]> {
  const names = table.key.map((_, at) => `k${at}`).join(', ')
  const keys = table.key.map(({ sql }, at) => `${sql} AS k${at}`).join(', ')
  const rows = await session.rows(
    `SELECT ${names} FROM (SELECT ${keys}, row_number() OVER (ORDER BY ${keyOrder(table)}) AS nth FROM ${table.sql} WHERE ${where}) ` +
      `WHERE nth % ${pageRows} = 0 ORDER BY nth`,
  )
  return rows.map(row => keyJson(table, row))
}

function changed({ place, name }: SourceTable, planned: RowsFound, found: RowsFound): SourceError {
  const how =
    planned.rows === found.rows ? 'some of them have other values' : `there were ${planned.rows}, and now there are ${found.rows}`
  return new SourceError(
    'ETL_SOURCE_CHANGED',
    `The rows of table ${name} in ${place} have changed since the load was planned: ${how}.`,
    {
      context: { place, table: name, planned: planned.rows, found: found.rows },
    },
  )
}
