import { ConfigError } from '@millrace/etl-core'
import { type Column, typeText } from './types.js'

/** How the columns a flow wants relate to those that are stored. */
export type ColumnComparison =
  /** Nothing to do. */
  | { readonly kind: 'same' }
  /** The stored columns and these nullable ones: they can be added. */
  | { readonly kind: 'grows'; readonly added: readonly Column[] }
  /** One line per difference, each with what to do. */
  | { readonly kind: 'incompatible'; readonly problems: readonly string[] }

/**
 * Compares stored columns with wanted ones, by name. A stored schema may grow by nullable columns; anything else is incompatible, except
 * that order and descriptions don't count and that a column without nulls fits a stored column that takes them.
 */
export function compareColumns(stored: readonly Column[], wanted: readonly Column[]): ColumnComparison {
  const before = new Map(stored.map(column => [column.name, column]))
  const after = new Map(wanted.map(column => [column.name, column]))
  const added = wanted.filter(column => !before.has(column.name))
  const problems = [
    ...stored.flatMap(column => changeOf(column, after.get(column.name))),
    ...added
      .filter(column => !column.nullable)
      .map(
        column =>
          `"${column.name}" (${typeText(column.type)}) is new and takes no null: make it nullable, rows stored before have no value`,
      ),
  ]
  if (problems.length > 0) return { kind: 'incompatible', problems }
  return added.length > 0 ? { kind: 'grows', added } : { kind: 'same' }
}

function changeOf(stored: Column, wanted: Column | undefined): string[] {
  if (!wanted) return [`"${stored.name}" is stored and no longer in the schema: keep it, as nullable if it has no value`]
  if (typeText(stored.type) !== typeText(wanted.type)) {
    const types = `is stored as ${typeText(stored.type)} and wanted as ${typeText(wanted.type)}`
    return [`"${stored.name}" ${types}: keep the stored type, or write the new one under another name`]
  }
  if (wanted.nullable && !stored.nullable)
    return [`"${stored.name}" takes no null where it is stored: keep it so, or allow null there`]
  return []
}

/**
 * The error for columns that do not fit what is stored; thrown before the first write.
 *
 * @param place - What holds the stored columns, for people: `table dbo.orders`.
 * @param remedy - The statement or flag that allows it, if there is one.
 */
export function incompatibleColumns(place: string, problems: readonly string[], remedy?: string): ConfigError {
  return new ConfigError(
    'ETL_SCHEMA_INCOMPATIBLE',
    `The record schema does not fit ${place}: ${problems.join('; ')}.${remedy ? ` To allow it: ${remedy}` : ''}`,
    { context: { place, problems } },
  )
}
