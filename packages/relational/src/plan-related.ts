import { ConfigError, type RelatedTablesOptions } from '@millrace/etl-core'
import type { Column, ColumnType } from '@millrace/schema/columns'
import { declarationProblems, fromOf, idOf, type RelatedDeclaration, untilOf } from './declaration.js'
import { tableName } from './names.js'
import { orderByReference } from './order.js'
import type { DatabaseRules, KeyRule, PlannedColumn, PlannedHistory, PlannedTable, RelationalPlan } from './plan.js'
import { plannedViews } from './plan-views.js'

const idType: ColumnType = { kind: 'int64' }

/**
 * Plans related tables: which physical columns they have, by what their rows are known, and in which order they are written. Pure.
 *
 * @param columns - The record's, from `columnsOf(schema)`.
 * @throws ConfigError `ETL_CONFIG_INVALID` with everything that is wrong at once.
 * @example
 * planRelated({ tables: { town: { columns: { name: 'town' }, key: ['name'] }, plant: { columns: { no: 'plant' }, references: { town_id: 'town' }, key: ['no'] } } }, columns, rules)
 */
export function planRelated<T>(
  options: RelatedTablesOptions<T>,
  columns: readonly Column[],
  rules: DatabaseRules,
): RelationalPlan {
  const declaration = options as unknown as RelatedDeclaration
  const problems = declarationProblems(declaration, columns, rules)
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `Related tables: ${problems.join('; ')}.`, {
      context: { problems: [...problems] },
    })
  const ordered = orderByReference(Object.keys(declaration.tables), name =>
    Object.values(declaration.tables[name]?.references ?? {}),
  )
  const names = 'order' in ordered ? ordered.order : []
  const used = new Set(
    Object.values(declaration.tables).flatMap(({ columns = {}, history }) => [
      ...Object.values(columns),
      ...(history?.at === undefined ? [] : [history.at]),
    ]),
  )
  const fields = columns.filter(column => used.has(column.name))
  const keyed = keyFields(declaration, fields)
  const tables = names.map(name => plannedTable(declaration, name, names, fields, keyed))
  return {
    fields,
    tables,
    views: plannedViews(declaration.views ?? {}, tables, fields),
    keys: tables.map(table => keyRule(table, keyed, fields)),
  }
}

/** By table: the fields that name a row of it, those of the tables its key refers to among them. */
function keyFields({ tables }: RelatedDeclaration, fields: readonly Column[]): (table: string) => readonly number[] {
  const at = (field: string) => fields.findIndex(column => column.name === field)
  const of = (table: string): readonly number[] => {
    const { columns = {}, references = {}, key } = tables[table] as RelatedDeclaration['tables'][string]
    return [
      ...new Set(
        key.flatMap(name => (Object.hasOwn(columns, name) ? [at(columns[name] as string)] : of(references[name] as string))),
      ),
    ]
  }
  return of
}

function plannedTable(
  declaration: RelatedDeclaration,
  name: string,
  order: readonly string[],
  fields: readonly Column[],
  keyed: (table: string) => readonly number[],
): PlannedTable {
  const table = declaration.tables[name] as RelatedDeclaration['tables'][string]
  const { columns = {}, references = {}, key, history } = table
  const id = idOf(declaration, name)
  const others = Object.values(declaration.tables)
  const referred = others.some(({ references = {} }) => Object.values(references).includes(name))
  const mayLack = (to: string) => keyed(to).every(field => fields[field]?.nullable)
  const inKey = (column: string) => key.includes(column)
  const planned: PlannedColumn[] = [
    ...(id === undefined ? [] : [{ name: id, type: idType, nullable: false, role: 'id' as const }]),
    ...Object.entries(columns).map(([column, field]): PlannedColumn => {
      const at = fields.findIndex(each => each.name === field)
      const { type, nullable } = fields[at] as Column
      return { name: column, type, nullable: nullable && !inKey(column), role: 'field', field: at }
    }),
    ...Object.entries(references).map(
      ([column, to]): PlannedColumn => ({
        name: column,
        type: idType,
        nullable: mayLack(to) && !inKey(column),
        role: 'reference',
        to: order.indexOf(to),
      }),
    ),
    ...(history ? historyColumns(plannedHistory(history, fields), fields) : []),
  ]
  const refersToHistory = key.some(column => declaration.tables[references[column] ?? '']?.history !== undefined)
  return {
    name,
    at: tableName(name),
    mode: history ? 'history' : (table.changes ?? 'overwrite'),
    columns: planned,
    key,
    unique: history ? [...key, fromOf(history)] : key,
    ...(id === undefined ? {} : { id }),
    ...(history ? { history: plannedHistory(history, fields) } : {}),
    referred,
    optional: referred && mayLack(name),
    adopts: refersToHistory,
  }
}

function plannedHistory(
  history: NonNullable<RelatedDeclaration['tables'][string]['history']>,
  fields: readonly Column[],
): PlannedHistory {
  const at = fields.findIndex(field => field.name === history.at)
  return { of: history.of, ...(at < 0 ? {} : { at }), from: fromOf(history), until: untilOf(history) }
}

function historyColumns({ at, from, until }: PlannedHistory, fields: readonly Column[]): readonly PlannedColumn[] {
  const type = (at === undefined ? undefined : fields[at]?.type) ?? { kind: 'timestamp', precision: 3 }
  return [
    { name: from, type, nullable: false, role: 'from' },
    { name: until, type, nullable: true, role: 'until' },
  ]
}

function keyRule(
  { name, optional, history }: PlannedTable,
  keyed: (table: string) => readonly number[],
  fields: readonly Column[],
): KeyRule {
  const time = history?.at !== undefined && fields[history.at]?.nullable ? { time: history.at } : {}
  return { table: name, nullable: keyed(name).filter(field => fields[field]?.nullable), optional, ...time }
}
