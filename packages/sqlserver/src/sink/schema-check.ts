import { ConfigError } from '@millrace/etl-core'
import {
  compareTable,
  incompatibleTable,
  type PlannedTable,
  type RelationalPlan,
  type StoredTable,
  sameName,
} from '@millrace/relational'
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
    if (there && there.kind !== 'table') throw nameTaken(place, table.name)
    const found = there && (await storedTable(session, there, table))
    stored.push(found)
    const comparison = compareTable(table, found, sqlServerRules)
    if (comparison.kind === 'incompatible') {
      const byHand = comparison.byHand.map(what => byHandSql(table, what))
      throw incompatibleTable(place, table, comparison, byHand)
    }
    if (comparison.kind === 'create') statements.push(...createTable(table, plan, to => referable(plan.tables[to], stored[to])))
    if (comparison.kind === 'grows') statements.push(...comparison.added.map(column => addColumn(table, column)))
  }
  for (const view of plan.views) {
    const there = await objectNamed(session, view.at)
    if (there && there.kind !== 'view') throw nameTaken(place, view.name)
    const making = createView(view, plan, there !== undefined)
    const isSame = there && (await isMadeWith(session, there, making.at(-1) as string))
    if (!isSame) statements.push(...making)
  }
  return { statements, strict: stored.some(table => table?.strict) }
}

/** Whether a foreign key may refer to a table's id: it is made now, or has a key on it. */
function referable(table: PlannedTable | undefined, stored: StoredTable | undefined): boolean {
  const id = table?.id
  if (id === undefined || !stored) return id !== undefined
  return stored.unique.some(columns => columns.length === 1 && sameName(columns[0] as string, id))
}

function nameTaken(place: string, name: string): ConfigError {
  return new ConfigError(
    'ETL_SCHEMA_INCOMPATIBLE',
    `In ${place} something else is called "${name}". Give it, or what is written there, another name.`,
    { context: { place, name } },
  )
}
