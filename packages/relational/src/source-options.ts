import { ConfigError, type TableSourceOptions } from '@millrace/etl-core'
import { type Column, columnsOf, problemOf } from '@millrace/schema/columns'
import { keyTypeProblem } from './declaration.js'
import { doubledNames, tableName } from './names.js'

/** A table source's options, checked. */
export interface PlannedSource {
  /** What is read, in this order. */
  readonly columns: readonly Column[]
  readonly key: readonly Column[]
  readonly before?: { readonly column: Column; readonly value: string }
  readonly splits: number
  readonly pageRows: number
}

/**
 * Checks what can be checked without the table.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with everything that is wrong at once, `ETL_COLUMNS_UNKNOWN` for a schema without types.
 */
export function planSource<T>(options: TableSourceOptions<T>): PlannedSource {
  const { table, key, before, splits = 1, pageRows = 10_000 } = options
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
    ...(before && cutOff ? beforeProblems(cutOff, before.value) : []),
    ...(whole(splits) ? [] : [`"splits" is ${splits}, and a whole number from 1 on is needed`]),
    ...(whole(pageRows) ? [] : [`"pageRows" is ${pageRows}, and a whole number from 1 on is needed`]),
  ]
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `Rows of "${table}": ${problems.join('; ')}.`, { context: { problems } })
  return {
    columns,
    key: key.map(name => columnOf(name) as Column),
    ...(before && cutOff ? { before: { column: cutOff, value: before.value } } : {}),
    splits,
    pageRows,
  }
}

function beforeProblems({ name, type }: Column, value: string): readonly string[] {
  if (type.kind !== 'date' && type.kind !== 'timestamp') return [`"before" names "${name}", which is no timestamp or date`]
  const problem = problemOf(type.kind === 'timestamp' ? { kind: 'timestamp', precision: 7 } : type, value)
  return problem ? [`"before" is ${JSON.stringify(value)}, which ${problem}`] : []
}
