import { fittingTable, isReferable, nameTaken, type RelationalPlan, type StoredTable } from '@millrace/relational'
import { isMadeWith, objectNamed, storedTable } from '../catalog.js'
import { addColumn, byHandSql, createTable, createView } from '../ddl.js'
import { sqlServerRules } from '../rules.js'
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
 * taken by something else.
 */
export async function schemaWork(session: Session, plan: RelationalPlan, place: string): Promise<SchemaWork> {
  const statements: string[] = []
  const stored: (StoredTable | undefined)[] = []
  for (const table of plan.tables) {
    const there = await objectNamed(session, table.at)
    if (there && there.kind !== 'table') throw nameTaken(place, table.name, 'something else')
    const found = there && (await storedTable(session, there, table))
    stored.push(found)
    const comparison = fittingTable(table, found, { place, rules: sqlServerRules, byHandSql })
    if (comparison.kind === 'create') statements.push(...createTable(table, plan, to => isReferable(plan.tables[to], stored[to])))
    if (comparison.kind === 'grows') statements.push(...comparison.added.map(column => addColumn(table, column)))
  }
  for (const view of plan.views) {
    const there = await objectNamed(session, view.at)
    if (there && there.kind !== 'view') throw nameTaken(place, view.name, 'something else')
    const making = createView(view, plan, there !== undefined)
    const isSame = there && (await isMadeWith(session, there, making.at(-1) as string))
    if (!isSame) statements.push(...making)
  }
  return { statements, strict: stored.some(table => table?.strict) }
}
