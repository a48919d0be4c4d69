import { ConfigError, type TableSinkOptions } from '@millrace/etl-core'
import type { Column } from '@millrace/schema/columns'
import { keyTypeProblem } from './declaration.js'
import { doubledNames, nameProblem, tableName, tableProblem } from './names.js'
import type { DatabaseRules, PlannedColumn, RelationalPlan } from './plan.js'

/** The column of the group's name where none is said. */
export const defaultGroupColumn = '_group'

/**
 * Plans one table whose columns are the record's fields.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with everything that is wrong at once.
 */
export function planSingle<T>(options: TableSinkOptions<T>, fields: readonly Column[], rules: DatabaseRules): RelationalPlan {
  const { table, disposition = 'append', key = [] } = options
  const problems = singleProblems(options, fields, rules)
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `Table "${table}": ${problems.join('; ')}.`, {
      context: { problems: [...problems] },
    })
  const columns: PlannedColumn[] = fields.map((column, field) => ({
    ...column,
    nullable: column.nullable && !key.some(name => name === column.name),
    role: 'field',
    field,
  }))
  const group: PlannedColumn = {
    name: options.groupColumn ?? defaultGroupColumn,
    type: { kind: 'string' },
    nullable: false,
    role: 'group',
  }
  return {
    fields,
    tables: [
      {
        name: table,
        at: tableName(table),
        mode: disposition === 'merge' ? 'overwrite' : 'append',
        columns: disposition === 'replace' ? [...columns, group] : columns,
        key,
        unique: key,
        referred: false,
        optional: false,
        adopts: false,
      },
    ],
    views: [],
    keys: [
      {
        table,
        nullable: key.map(name => fields.findIndex(field => field.name === name && field.nullable)).filter(at => at >= 0),
        optional: false,
      },
    ],
  }
}

function singleProblems<T>(
  { table, disposition = 'append', key = [], groupColumn }: TableSinkOptions<T>,
  fields: readonly Column[],
  rules: DatabaseRules,
): readonly string[] {
  const named = tableProblem(table, rules.maxNameChars)
  const group = disposition === 'replace' ? [groupColumn ?? defaultGroupColumn] : []
  return [
    ...(named ? [`its name ${named}`] : []),
    ...(['append', 'merge', 'replace'].includes(disposition) ? [] : [`"${disposition}" is no disposition`]),
    ...[...fields.map(field => field.name), ...group].flatMap(name => {
      const problem = nameProblem(name, rules.maxNameChars)
      return problem ? [`the column name "${name}" ${problem}`] : []
    }),
    ...doubledNames([...fields.map(field => field.name), ...group]).map(
      name => `the column "${name}" is there twice (upper and lower case are the same, and a replaced group has a column)`,
    ),
    ...(disposition === 'merge' && key.length === 0 ? ['"merge" needs a "key": the columns by which a row is known'] : []),
    ...(disposition !== 'merge' && key.length > 0 ? [`"key" is for "merge", and this is "${disposition}"`] : []),
    ...(disposition !== 'replace' && groupColumn !== undefined ? ['"groupColumn" is for "replace"'] : []),
    ...doubledNames(key).map(name => `"key" names "${name}" twice`),
    ...key.flatMap(name => {
      const field = fields.find(each => each.name === name)
      if (!field) return [`"key" names "${name}", which records do not have`]
      const problem = keyTypeProblem(field.type.kind) ?? rules.keyProblem?.(field.type)
      return problem ? [`"${name}" cannot be part of the key: ${problem}`] : []
    }),
  ]
}
