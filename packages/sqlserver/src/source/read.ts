import type { SourceBatch } from '@millrace/etl-core'
import { type KeyJson, type RowRange, readPages, type SourceTable } from '@millrace/relational'
import type { Session } from '../session.js'
import { keyOrder, rangeCondition } from './ranges.js'

/** What a split's `params` hold. */
export interface SplitParams extends RowRange {
  readonly pageRows: number
}

/**
 * Reads the rows of a range.
 *
 * @throws SourceError `ETL_SOURCE_KEY` if the key is not unique.
 */
export function readRange<T>(
  session: Session,
  table: SourceTable,
  params: SplitParams,
  from: KeyJson | undefined,
): AsyncGenerator<SourceBatch<T>> {
  const { pageRows } = params
  return readPages<T, unknown>(table, pageRows, from, async last => {
    const where = rangeCondition(table, params, last)
    // One row more than the page has tells whether another follows, and whether its key is another.
    const rows = await session.rows(pageSql(table, pageRows + 1, where.sql), where.params)
    return { rows, more: rows.length > pageRows }
  })
}

/** The first rows of a condition, in the order of the key. */
export function pageSql(table: Pick<SourceTable, 'sql' | 'columns' | 'key'>, rows: number, where: string): string {
  const columns = table.columns.map(({ sql }) => sql).join(', ')
  return `SELECT TOP (${rows}) ${columns} FROM ${table.sql} AS t WHERE ${where} ORDER BY ${keyOrder(table)}`
}
