import type { DuckDBValue } from '@duckdb/node-api'
import { type SourceBatch, SourceError } from '@millrace/etl-core'
import { type KeyJson, type RowRange, readPages } from '@millrace/relational'
import type { Session } from '../session.js'
import { type RowsFound, rowsFound } from './look.js'
import { behindSql, keyOrder, rangeSql } from './ranges.js'
import type { SourceTable } from './values.js'

/** What a split's `params` hold. */
export interface SplitParams extends RowRange, RowsFound {
  readonly pageRows: number
}

/**
 * Reads the rows of a range, if they are those that were planned.
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
  yield* readPages<T, DuckDBValue>(table, params.pageRows, from, (last, most) => {
    const behind = last === undefined ? '' : ` AND ${behindSql(table, last)}`
    return session.rows(`SELECT ${columns} FROM ${table.sql} WHERE ${range}${behind} ORDER BY ${keyOrder(table)} LIMIT ${most}`)
  })
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
