import type { RelatedTable, RelatedTablesOptions, TableHistory } from '@millrace/etl-core'
import type { Column } from '@millrace/schema/columns'
import { doubledNames, nameProblem, sameName, tableName, tableProblem } from './names.js'
import { orderByReference } from './order.js'
import type { DatabaseRules } from './plan.js'

type Table = RelatedTable<Record<string, unknown>>
type History = TableHistory<Record<string, unknown>>
export type RelatedDeclaration = RelatedTablesOptions<Record<string, unknown>>

/** The id column of a table: as declared, else `<table>_id` where others refer to it. */
export function idOf({ tables }: RelatedDeclaration, table: string): string | undefined {
  const declared = tables[table]?.id
  if (declared !== undefined) return declared
  const referred = Object.values(tables).some(({ references = {} }) => Object.values(references).includes(table))
  return referred ? `${tableName(table).name}_id` : undefined
}

/** The names of the history columns. */
export const fromOf = (history: History): string => history.from ?? 'valid_from'
export const untilOf = (history: History): string => history.until ?? 'valid_until'

/** Everything that is wrong with a declaration, each with its table. Empty: it can be planned. */
export function declarationProblems(
  declaration: RelatedDeclaration,
  columns: readonly Column[],
  rules: DatabaseRules,
): readonly string[] {
  const names = Object.keys(declaration.tables)
  if (names.length === 0) return ['"tables" names no table']
  const shown = (name: string) => JSON.stringify(name)
  const ordered = orderByReference(names, name => Object.values(declaration.tables[name]?.references ?? {}))
  return [
    ...doubledNames([...names, ...Object.keys(declaration.views ?? {})]).map(
      name => `${shown(name)} is there twice (upper and lower case are the same, and views are named like tables)`,
    ),
    ...names.flatMap(name => {
      const problem = tableProblem(name, rules.maxNameChars)
      return problem ? [`the table name ${shown(name)} ${problem}`] : []
    }),
    ...names.flatMap(name => tableProblems(declaration, name, columns, rules).map(problem => `table ${shown(name)}: ${problem}`)),
    ...('cycle' in ordered ? [`tables refer to each other in a circle: ${ordered.cycle.join(' -> ')}`] : []),
    ...Object.entries(declaration.views ?? {}).flatMap(([view, table]) => {
      const problem = tableProblem(view, rules.maxNameChars)
      return [
        ...(problem ? [`the view name ${shown(view)} ${problem}`] : []),
        ...(names.includes(table) ? [] : [`view ${shown(view)} is of ${shown(table)}, which is not declared`]),
      ]
    }),
  ]
}

function tableProblems(
  declaration: RelatedDeclaration,
  name: string,
  known: readonly Column[],
  rules: DatabaseRules,
): readonly string[] {
  const table = declaration.tables[name] as Table
  const { columns = {}, references = {}, key, history } = table
  const id = idOf(declaration, name)
  const own = [...Object.keys(columns), ...Object.keys(references)]
  const all = [...(id === undefined ? [] : [id]), ...own, ...(history ? [fromOf(history), untilOf(history)] : [])]
  const typeOf = (field: string) => known.find(column => column.name === field)?.type
  return [
    ...all.flatMap(column => {
      const problem = nameProblem(column, rules.maxNameChars)
      return problem ? [`the column name "${column}" ${problem}`] : []
    }),
    ...doubledNames(all).map(column => `the column "${column}" is there twice (ids and history have columns, too)`),
    ...Object.entries(columns).flatMap(([column, field]) =>
      typeOf(field) ? [] : [`column "${column}" holds the field "${field}", which records do not have`],
    ),
    ...Object.entries(references).flatMap(([column, to]) =>
      Object.hasOwn(declaration.tables, to) ? [] : [`"${column}" refers to the table "${to}", which is not declared`],
    ),
    ...(key.length === 0 ? ['"key" is empty: name the columns by which a row is known'] : []),
    ...doubledNames(key).map(column => `"key" names "${column}" twice`),
    ...key.flatMap(column => {
      if (Object.hasOwn(references, column)) return []
      const type = typeOf(columns[column] ?? '')
      if (!Object.hasOwn(columns, column)) return [`"key" names "${column}", which is none of its columns and references`]
      const problem = type && (keyTypeProblem(type.kind) ?? rules.keyProblem?.(type))
      return problem ? [`"${column}" cannot be part of the key: ${problem}`] : []
    }),
    ...(history ? historyProblems(history, table, own, typeOf) : []),
  ]
}

/** Why values of a kind cannot be part of any key. */
export function keyTypeProblem(kind: string): string | undefined {
  return kind === 'json' || kind === 'bytes' ? `it holds ${kind}` : undefined
}

function historyProblems(
  history: History,
  { key, changes }: Table,
  own: readonly string[],
  typeOf: (field: string) => Column['type'] | undefined,
): readonly string[] {
  const { of, at } = history
  const atKind = at === undefined ? 'timestamp' : typeOf(at)?.kind
  return [
    ...(changes === 'keep' ? ['"changes: keep" and "history" contradict each other'] : []),
    ...(of.length === 0 ? ['"history.of" is empty: name the columns whose past is kept'] : []),
    ...of.flatMap(column =>
      key.some(each => sameName(each, column))
        ? [`"history.of" names "${column}", which is part of the key and never changes`]
        : own.includes(column)
          ? []
          : [`"history.of" names "${column}", which is none of its columns and references`],
    ),
    ...(atKind === undefined ? [`"history.at" is the field "${at}", which records do not have`] : []),
    ...(atKind !== undefined && atKind !== 'timestamp' ? [`"history.at" is the field "${at}", which is no timestamp`] : []),
  ]
}
