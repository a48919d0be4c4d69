import type { DuckDBValue } from '@duckdb/node-api'
import { type Json, RecordError, type SourceBatch, SourceError, toJson, type Unreadable } from '@millrace/etl-core'
import { typeText, type Value } from '@millrace/schema/columns'
import type { Session } from '../session.js'
import { badKey, keyJson, type RowsFound, rowsFound, type SourceTable } from './look.js'
import { behindSql, type KeyJson, keyOrder, type RowRange, rangeSql } from './ranges.js'

/** What a split's `params` hold. */
export interface SplitParams extends RowRange, RowsFound {
  readonly pageRows: number
}

/**
 * Reads a range page by page, each asked for by the key of the last row before it: no page costs more than another, and reading goes on from
 * any of them.
 *
 * @throws SourceError `ETL_SOURCE_CHANGED` if the rows are no longer those that were planned, `ETL_SOURCE_KEY` if the key is not unique.
 */
export async function* readPages<T>(
  session: Session,
  table: SourceTable,
  params: SplitParams,
  from: KeyJson | undefined,
): AsyncGenerator<SourceBatch<T>> {
  const { pageRows } = params
  const range = rangeSql(table, params)
  const found = await rowsFound(session, table, range)
  if (found.rows !== params.rows || found.checksum !== params.checksum) throw changed(table, params, found)
  const at = table.key.map(({ column }) => table.columns.findIndex(each => each.column.name === column.name))
  const columns = table.columns.map(({ sql }) => sql).join(', ')
  for (let last = from; ; ) {
    const behind = last === undefined ? '' : ` AND ${behindSql(table, last)}`
    // One row more than the page has tells whether another follows, and whether its key is another.
    const rows = await session.rows(
      `SELECT ${columns} FROM ${table.sql} WHERE ${range}${behind} ORDER BY ${keyOrder(table)} LIMIT ${pageRows + 1}`,
    )
    const page = rows.slice(0, pageRows)
    const end = page.at(-1)
    if (!end) return
    const keyOf = (row: readonly DuckDBValue[]) =>
      keyJson(
        table,
        at.map(index => row[index] as DuckDBValue),
      )
    last = keyOf(end)
    const next = rows[pageRows]
    if (next && JSON.stringify(keyOf(next)) === JSON.stringify(last)) throw badKey(table, 'is not unique')
    yield batchOf<T>(table, page, last)
    if (!next) return
  }
}

function batchOf<T>({ columns }: SourceTable, page: readonly (readonly DuckDBValue[])[], cursor: KeyJson): SourceBatch<T> {
  const records: T[] = []
  const unreadable: Unreadable[] = []
  for (const [index, row] of page.entries()) {
    const record: Record<string, Value | null> = {}
    let problem: RecordError | undefined
    for (let at = 0; at < columns.length; at++) {
      const { column, decode } = columns[at] as SourceTable['columns'][number]
      const raw = row[at] as DuckDBValue
      const value = raw === null ? null : decode(raw)
      if (value === undefined || (value === null && !column.nullable)) {
        problem ??= new RecordError(
          'ETL_RECORD_UNPARSABLE',
          `Column "${column.name}" (${typeText(column.type)}): ${value === null ? 'null, which the schema does not take' : `${String(raw)} is no such value`}.`,
          { path: [column.name] },
        )
      }
      record[column.name] = value ?? null
    }
    if (problem) unreadable.push({ raw: rawOf(columns, row), position: { after: cursor, row: index }, error: problem })
    else records.push(record as T)
  }
  return { records, cursor, ...(unreadable.length > 0 ? { unreadable } : {}) }
}

const rawOf = (columns: SourceTable['columns'], row: readonly DuckDBValue[]): Json =>
  Object.fromEntries(columns.map(({ column }, at) => [column.name, toJson(row[at])]))

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
