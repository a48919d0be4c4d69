import type { PlannedColumn, PlannedTable, RelationalPlan } from './plan.js'

/**
 * One step of a load, free of any dialect. A step works on all staged rows at once, in the transaction that holds the rows of all tables
 * and the checkpoint. `table` counts the plan's tables.
 *
 * - `adopt`: the table's key refers to one with history, and a row of the same natural key may be there that refers to another period of it:
 *   the staged row takes over that reference, so that a record that comes again is known again.
 * - `write`: as the table's mode says. Staged rows without the table's key are left out; of several with the same key the last one counts,
 *   with `keep` the first, as it would if they came one after the other.
 * - `resolve`: each staged row learns the id of its row of this table. With history that of the period it falls in, before the first one the
 *   first. Rows without the key stay null.
 */
export interface LoadStep {
  readonly kind: 'adopt' | 'write' | 'resolve'
  readonly table: number
}

/** The steps of a load, in their order. */
export function loadSteps({ tables }: RelationalPlan): readonly LoadStep[] {
  return tables.flatMap((each, table): LoadStep[] => [
    ...(each.adopts ? [{ kind: 'adopt' as const, table }] : []),
    { kind: 'write', table },
    ...(each.referred ? [{ kind: 'resolve' as const, table }] : []),
  ])
}

/** The columns a write overwrites where a row is there: none of the key, the id and the history's own. */
export function overwritten({ columns, key, mode }: PlannedTable): readonly PlannedColumn[] {
  if (mode === 'keep' || mode === 'append') return []
  return columns.filter(({ name, role }) => (role === 'field' || role === 'reference') && !key.includes(name))
}

/**
 * The references that never change once a row is there. Only those can be foreign keys where a database takes a changed reference for a row
 * that was deleted, as DuckDB does.
 */
export function fixedReferences(table: PlannedTable): readonly (PlannedColumn & { readonly role: 'reference' })[] {
  const changing = overwritten(table).map(({ name }) => name)
  return table.columns.flatMap(column => (column.role === 'reference' && !changing.includes(column.name) ? [column] : []))
}
