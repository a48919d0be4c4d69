import { RecordError, type SourceBatch, type Unreadable } from '@millrace/etl-core'
import { typeText, type Value } from '@millrace/schema/columns'
import type { Session } from '../session.js'
import { badKey, keyJson, type SourceTable } from './look.js'
import { type KeyedTable, type KeyJson, keyOrder, type RowRange, rangeCondition } from './ranges.js'
import { type ReadColumn, rawJson } from './values.js'

/** What a split's `params` hold. */
export interface SplitParams extends RowRange {
  readonly pageRows: number
}

/**
 * Reads a range page by page, each asked for by the key of the last row before it: no page costs more than another, and reading goes on from
 * any of them. The next page is asked for when it is wanted.
 *
 * @throws SourceError `ETL_SOURCE_KEY` if the key is not unique.
 */
export async function* readPages<T>(
  session: Session,
  table: SourceTable,
  params: SplitParams,
  from: KeyJson | undefined,
): AsyncGenerator<SourceBatch<T>> {
  const { pageRows } = params
  const at = table.key.map(({ column }) => table.columns.findIndex(each => each.column.name === column.name))
  const keyOf = (row: readonly unknown[]) =>
    keyJson(
      table,
      at.map(index => row[index]),
    )
  for (let last = from; ; ) {
    const where = rangeCondition(table, params, last)
    // One row more than the page has tells whether another follows, and whether its key is another.
    const rows = await session.rows(pageSql(table, pageRows + 1, where.sql), where.params)
    const page = rows.slice(0, pageRows)
    const end = page.at(-1)
    if (!end) return
    last = keyOf(end)
    const next = rows[pageRows]
    if (next && JSON.stringify(keyOf(next)) === JSON.stringify(last)) throw badKey(table, 'is not unique')
    yield batchOf<T>(table, page, last)
    if (!next) return
  }
}

/** The first rows of a condition, in the order of the key. */
export function pageSql(
  table: KeyedTable & { readonly sql: string; readonly columns: readonly ReadColumn[] },
  rows: number,
  where: string,
) {
  const columns = table.columns.map(({ sql }) => sql).join(', ')
  return `SELECT TOP (${rows}) ${columns} FROM ${table.sql} AS t WHERE ${where} ORDER BY ${keyOrder(table)}`
}

function batchOf<T>({ columns }: SourceTable, page: readonly (readonly unknown[])[], cursor: KeyJson): SourceBatch<T> {
  const records: T[] = []
  const unreadable: Unreadable[] = []
  for (const [index, row] of page.entries()) {
    const record: Record<string, Value | null> = {}
    let error: RecordError | undefined
    for (let at = 0; at < columns.length; at++) {
      const { column, decode } = columns[at] as ReadColumn
      const raw = row[at] ?? null
      const value = raw === null ? null : decode(raw)
      if (value === undefined || (value === null && !column.nullable)) error ??= unreadableValue(columns[at] as ReadColumn, raw)
      record[column.name] = value ?? null
    }
    if (error) unreadable.push({ raw: rawJson(columns, row), position: { after: cursor, row: index }, error })
    else records.push(record as T)
  }
  return { records, cursor, ...(unreadable.length > 0 ? { unreadable } : {}) }
}

function unreadableValue({ column }: ReadColumn, raw: unknown): RecordError {
  const what = raw === null ? 'null, which the schema does not take' : `${String(raw).slice(0, 80)} is no such value`
  return new RecordError('ETL_RECORD_UNPARSABLE', `Column "${column.name}" (${typeText(column.type)}): ${what}.`, {
    path: [column.name],
  })
}
