import { ConfigError } from '@millrace/etl-core'
import { sameName } from './names.js'
import type { DatabaseRules, PlannedTable } from './plan.js'
import { type ByHand, compareTable, incompatibleTable, type StoredTable, type TableComparison } from './stored.js'

/** What a database says of its tables. */
export interface FittingRules {
  /** For people: `duckdb:plants.duckdb`. */
  readonly place: string
  readonly rules: DatabaseRules
  /** The statement someone may run by hand so that a stored table fits. */
  byHandSql(table: PlannedTable, what: ByHand): string
}

/**
 * Compares a planned table with the stored one.
 *
 * @throws ConfigError `ETL_SCHEMA_INCOMPATIBLE` with the statements to run by hand, for one that does not fit.
 */
export function fittingTable(
  table: PlannedTable,
  stored: StoredTable | undefined,
  { place, rules, byHandSql }: FittingRules,
): Exclude<TableComparison, { kind: 'incompatible' }> {
  const comparison = compareTable(table, stored, rules)
  if (comparison.kind !== 'incompatible') return comparison
  const byHand = comparison.byHand.map(what => byHandSql(table, what))
  throw incompatibleTable(place, table, comparison, byHand)
}

/** Whether a foreign key may refer to a table's id: it is made now, or has a key on it. */
export function isReferable(table: PlannedTable | undefined, stored: StoredTable | undefined): boolean {
  const id = table?.id
  if (id === undefined || !stored) return id !== undefined
  return stored.unique.some(columns => columns.length === 1 && sameName(columns[0] as string, id))
}

/**
 * The error for a name under which something else stands.
 *
 * @param by - What that is: `a view`.
 */
export function nameTaken(place: string, name: string, by: string): ConfigError {
  return new ConfigError(
    'ETL_SCHEMA_INCOMPATIBLE',
    `In ${place} ${by} is called "${name}". Give it, or what is written there, another name.`,
    { context: { place, name } },
  )
}
