import { type Json, SourceError } from '@millrace/etl-core'
import { type Column, incompatibleColumns, toJsonForm, type Value } from '@millrace/schema/columns'
import type { KeyJson } from './key-range.js'
import { sameName } from './names.js'
import type { PlannedSource } from './source-options.js'

/** How a column is asked for, and what its answer becomes. `Raw` is what the database's driver gives. */
export interface ReadColumn<Raw = unknown> {
  readonly column: Column
  /** What the table has, as the catalog spells it. */
  readonly stored: string
  /** What is selected. */
  readonly sql: string
  /** Not asked of null. @returns The value, or `undefined` for one that is none of the column's. */
  decode(raw: Raw): Value | undefined
}

/** What conditions over a table are about. */
export interface KeyedTable<Raw = unknown> {
  readonly key: readonly ReadColumn<Raw>[]
  /** The column of the cut-off. */
  readonly before?: ReadColumn<Raw>
}

/** A table or view as it is read. */
export interface SourceTable<Raw = unknown> extends KeyedTable<Raw> {
  /** For people: `duckdb:plants.duckdb`. */
  readonly place: string
  /** As declared. */
  readonly name: string
  /** In SQL, with its schema. */
  readonly sql: string
  readonly columns: readonly ReadColumn<Raw>[]
}

/** A dialect's way to read a column. */
export interface ColumnReading<Raw> {
  /** Why a stored type cannot be read as the column's, or `undefined` if it can. */
  readProblem(column: Column, stored: string): string | undefined
  readColumn(column: Column, stored: string): ReadColumn<Raw>
}

/**
 * A stored table as it is read by a plan.
 *
 * @param stored - Its columns, as the catalog tells them.
 * @throws ConfigError `ETL_SCHEMA_INCOMPATIBLE` if they are not those of the schema.
 */
export function sourceTableOf<Raw>(
  { place, name, sql }: Pick<SourceTable<Raw>, 'place' | 'name' | 'sql'>,
  stored: readonly { readonly name: string; readonly type: string }[],
  planned: PlannedSource,
  { readProblem, readColumn }: ColumnReading<Raw>,
): SourceTable<Raw> {
  const typeOf = (column: string) => stored.find(each => sameName(each.name, column))?.type
  const problems = planned.columns.flatMap(column => {
    const type = typeOf(column.name)
    const problem = type === undefined ? 'is not there' : readProblem(column, type)
    return problem ? [`"${column.name}" (${column.type.kind}) ${problem}`] : []
  })
  if (problems.length > 0) {
    const remedy = 'give the schema the types the table has, or read a view that casts them.'
    throw incompatibleColumns(`table ${name} in ${place}`, problems, remedy)
  }
  const columns = planned.columns.map(column => readColumn(column, typeOf(column.name) as string))
  const read = (wanted: string) => columns.find(({ column }) => column.name === wanted) as ReadColumn<Raw>
  return {
    ...{ place, name, sql, columns },
    key: planned.key.map(column => read(column.name)),
    ...(planned.before ? { before: read(planned.before.column.name) } : {}),
  }
}

/** The JSON form of a key whose raw values these are. @throws SourceError `ETL_SOURCE_KEY` for a value that is none. */
export function keyJson<Raw>(table: SourceTable<Raw>, raw: readonly Raw[]): KeyJson {
  return table.key.map((column, index) => keyPart(table, column, raw[index]))
}

/** The same for one column of a key. */
export function keyPart<Raw>(table: SourceTable<Raw>, { column, decode }: ReadColumn<Raw>, raw: Raw | undefined): Json {
  const value = raw === undefined || raw === null ? undefined : decode(raw)
  if (value === undefined) throw badKey(table, 'holds a value that is none of its type (NaN, infinity, a year beyond 9999)')
  return toJsonForm(column.type, value)
}

/** The error for keys that are null: no page would ever hold their rows. */
export const nullKeys = (table: SourceTable<never>, rows: number): SourceError =>
  badKey(table, `is null in ${rows} ${rows === 1 ? 'row' : 'rows'}`)

/**
 * The `ETL_SOURCE_KEY` for a key that rows cannot be read by.
 *
 * @param problem - In the words that follow the key: `is not unique`.
 */
export function badKey({ place, name, key }: SourceTable<never>, problem: string): SourceError {
  const names = key.map(({ column }) => `"${column.name}"`).join(', ')
  return new SourceError(
    'ETL_SOURCE_KEY',
    `Key ${names} of table ${name} in ${place} ${problem}. Name columns that are unique together and take no null.`,
    { context: { place, table: name } },
  )
}
