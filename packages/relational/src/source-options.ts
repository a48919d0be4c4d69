import { ConfigError, type CutOff, type Json, type TableSourceOptions } from '@millrace/etl-core'
import { type Column, columnsOf, fromJsonForm, problemOf } from '@millrace/schema/columns'
import { keyTypeProblem } from './declaration.js'
import { doubledNames, tableName } from './names.js'

/** A table source's options, checked. */
export interface PlannedSource {
  /** What is read, in this order. */
  readonly columns: readonly Column[]
  readonly key: readonly Column[]
  readonly before?: {
    readonly column: Column
    /** The cut-off of a load that began then, as text of the column's type. */
    valueAt(startedAtMs: number): string
  }
  readonly splits: number
  readonly pageRows: number
}

/**
 * Checks what can be checked without the table.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with everything that is wrong at once, `ETL_COLUMNS_UNKNOWN` for a schema without types.
 */
export function planSource<T>(options: TableSourceOptions<T>): PlannedSource {
  const { table, key, before, removeFrom, splits = 1, pageRows = 10_000 } = options
  const columns = columnsOf(options.schema)
  const columnOf = (name: string) => columns.find(column => column.name === name)
  const cutOff = before && columnOf(before.column)
  const whole = (value: number) => Number.isInteger(value) && value >= 1
  const problems = [
    ...(tableName(table).name === '' ? ['"table" is empty'] : []),
    ...doubledNames(columns.map(({ name }) => name)).map(
      name => `the schema has "${name}" twice (upper and lower case are the same)`,
    ),
    ...(key.length === 0 ? ['"key" is empty: name columns that are unique together'] : []),
    ...doubledNames(key).map(name => `"key" names "${name}" twice`),
    ...key.flatMap(name => {
      const column = columnOf(name)
      if (!column) return [`"key" names "${name}", which the schema does not have`]
      const problem = keyTypeProblem(column.type.kind) ?? (column.nullable ? 'it may be null' : undefined)
      return problem ? [`"${name}" cannot be part of the key: ${problem}`] : []
    }),
    ...(before && !cutOff ? [`"before" names "${before.column}", which the schema does not have`] : []),
    ...(before && cutOff ? beforeProblems(cutOff, before) : []),
    ...(removeFrom === undefined || tableName(removeFrom).name !== '' ? [] : ['"removeFrom" is empty']),
    ...(whole(splits) ? [] : [`"splits" is ${splits}, and a whole number from 1 on is needed`]),
    ...(whole(pageRows) ? [] : [`"pageRows" is ${pageRows}, and a whole number from 1 on is needed`]),
  ]
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `Rows of "${table}": ${problems.join('; ')}.`, { context: { problems } })
  return {
    columns,
    key: key.map(name => columnOf(name) as Column),
    ...(before && cutOff
      ? { before: { column: cutOff, valueAt: (startedAtMs: number) => cutOffText(cutOff, before, startedAtMs) } }
      : {}),
    splits,
    pageRows,
  }
}

/**
 * What decides which records a table source gives. The time of a cut-off differs from run to run; what it was for a load stands in its plan.
 *
 * @param place - As it is shown: `duckdb:plants.duckdb`.
 */
export function sourceIdentity<T>(place: string, { table, key, before, newOnly = false, identity }: TableSourceOptions<T>): Json {
  return { place, table, key: [...key], before: before?.column ?? null, newOnly, more: identity ?? null }
}

/** A record from the JSON forms of its values, by column: see `Source.revive`. */
export function revivedRecord<T>({ columns }: PlannedSource, raw: Json): T {
  const from = raw as Readonly<Record<string, Json>>
  return Object.fromEntries(columns.map(({ name, type }) => [name, fromJsonForm(type, from[name] ?? null)])) as T
}

function beforeProblems({ name, type }: Column, cutOff: CutOff): readonly string[] {
  if (type.kind !== 'date' && type.kind !== 'timestamp') return [`"before" names "${name}", which is no timestamp or date`]
  if ('value' in cutOff) {
    const problem = problemOf(type.kind === 'timestamp' ? anyInstant : type, cutOff.value)
    return problem ? [`"before" is ${JSON.stringify(cutOff.value)}, which ${problem}`] : []
  }
  const { olderThanMs, now } = cutOff
  const problem = now === undefined ? undefined : problemOf(anyInstant, now)
  return [
    ...(Number.isFinite(olderThanMs) && olderThanMs >= 0 ? [] : [`"olderThanMs" is ${olderThanMs}, and must be 0 or more`]),
    ...(problem ? [`"now" is ${JSON.stringify(now)}, which ${problem}`] : []),
  ]
}

const anyInstant = { kind: 'timestamp', precision: 7 } as const

/** Instants are cut to milliseconds: a row of the very millisecond stays for the next load. */
function cutOffText({ type }: Column, cutOff: CutOff, startedAtMs: number): string {
  if ('value' in cutOff) return cutOff.value
  const nowMs = cutOff.now === undefined ? startedAtMs : Date.parse(cutOff.now)
  const text = new Date(nowMs - cutOff.olderThanMs).toISOString()
  return type.kind === 'date' ? text.slice(0, 10) : text
}
