import { fittingTable, isReferable, nameTaken, type RelationalPlan, type StoredTable } from '@millrace/relational'
import { kindOf, storedTable } from '../catalog.js'
import { addColumn, byHandSql, createTable, createView } from '../ddl.js'
import { duckdbRules } from '../rules.js'
import type { Session } from '../session.js'

/** What has to be done so that the database has the planned tables. */
export interface SchemaWork {
  readonly statements: readonly string[]
  /** A table has constraints of its own: single rows may be refused. */
  readonly strict: boolean
}

/**
 * Compares what is planned with what is stored. Reads only.
 *
 * @throws ConfigError `ETL_SCHEMA_INCOMPATIBLE` with the statements to run by hand, for the first table that does not fit, or a name that is
 * taken by a view or a table.
 */
export async function schemaWork(session: Session, plan: RelationalPlan, place: string): Promise<SchemaWork> {
  const statements: string[] = []
  const stored: (StoredTable | undefined)[] = []
  for (const table of plan.tables) {
    if ((await kindOf(session, table.at)) === 'view') throw nameTaken(place, table.name, 'a view')
    const found = await storedTable(session, table)
    stored.push(found)
    const comparison = fittingTable(table, found, { place, rules: duckdbRules, byHandSql })
    if (comparison.kind === 'create') statements.push(...createTable(table, plan, to => isReferable(plan.tables[to], stored[to])))
    if (comparison.kind === 'grows') statements.push(...comparison.added.map(column => addColumn(table, column)))
  }
  for (const view of plan.views) {
    if ((await kindOf(session, view.at)) === 'table') throw nameTaken(place, view.name, 'a table')
    statements.push(...createView(view, plan))
  }
  return { statements, strict: stored.some(table => table?.strict) }
}
