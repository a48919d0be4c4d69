import { type Json, RecordError, type SourceBatch, toJson, type Unreadable } from '@millrace/etl-core'
import { typeText, type Value } from '@millrace/schema/columns'
import type { KeyJson } from './key-range.js'
import { badKey, keyJson, type ReadColumn, type SourceTable } from './source-table.js'

/** The rows of a page, each as the values of the table's columns. */
export interface Page<Raw> {
  readonly rows: readonly (readonly Raw[])[]
  /** Whether others may follow. Those that go beyond the page's size are asked for again. */
  readonly more: boolean
}

/**
 * Reads rows page by page, each asked for by the key of the last row before it: no page costs more than another, and reading goes on from
 * any of them. The next page is asked for when it is wanted.
 *
 * @param from - The key behind which reading goes on.
 * @param ask - Gives the first rows behind a key, in the order of the key: a page of them, and one more where it has the key of the page's last
 * row.
 * @throws SourceError `ETL_SOURCE_KEY` if the key is not unique.
 */
export async function* readPages<T, Raw>(
  table: SourceTable<Raw>,
  pageRows: number,
  from: KeyJson | undefined,
  ask: (behind: KeyJson | undefined) => Promise<Page<Raw>>,
): AsyncGenerator<SourceBatch<T>> {
  const at = table.key.map(({ column }) => table.columns.findIndex(each => each.column.name === column.name))
  const keyOf = (row: readonly Raw[]) =>
    keyJson(
      table,
      at.map(index => row[index] as Raw),
    )
  for (let last = from; ; ) {
    const { rows, more } = await ask(last)
    const page = rows.slice(0, pageRows)
    const end = page.at(-1)
    if (!end) return
    last = keyOf(end)
    const next = rows[pageRows]
    if (next && JSON.stringify(keyOf(next)) === JSON.stringify(last)) throw badKey(table, 'is not unique')
    yield batchOf<T, Raw>(table, page, last)
    if (!next && !more) return
  }
}

function batchOf<T, Raw>({ columns }: SourceTable<Raw>, page: readonly (readonly Raw[])[], cursor: KeyJson): SourceBatch<T> {
  const records: T[] = []
  const unreadable: Unreadable[] = []
  for (const [index, row] of page.entries()) {
    const record: Record<string, Value | null> = {}
    let error: RecordError | undefined
    for (let at = 0; at < columns.length; at++) {
      const { column, decode } = columns[at] as ReadColumn<Raw>
      const raw = row[at] ?? null
      const value = raw === null ? null : decode(raw)
      if (value === undefined || (value === null && !column.nullable))
        error ??= unreadableValue(columns[at] as ReadColumn<Raw>, raw)
      record[column.name] = value ?? null
    }
    if (error) unreadable.push({ raw: rawJson(columns, row), position: { after: cursor, row: index }, error })
    else records.push(record as T)
  }
  return { records, cursor, ...(unreadable.length > 0 ? { unreadable } : {}) }
}

function unreadableValue({ column }: ReadColumn<never>, raw: unknown): RecordError {
  const what = raw === null ? 'null, which the schema does not take' : `${String(raw).slice(0, 80)} is no such value`
  return new RecordError('ETL_RECORD_UNPARSABLE', `Column "${column.name}" (${typeText(column.type)}): ${what}.`, {
    path: [column.name],
  })
}

/** A raw row as JSON, for rejects. */
const rawJson = (columns: readonly ReadColumn<never>[], row: readonly unknown[]): Json =>
  Object.fromEntries(columns.map(({ column }, at) => [column.name, toJson(row[at])]))
