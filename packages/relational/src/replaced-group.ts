import { type Group, type RunContext, SinkError, StateError } from '@millrace/etl-core'
import type { PlannedTable, RelationalPlan } from './plan.js'

/** The table whose groups are replaced: `replace` is for one. */
export const replacedTable = ({ tables }: RelationalPlan): PlannedTable => tables[0] as PlannedTable

/** The column that holds the group's name. */
export const groupColumnOf = ({ columns }: PlannedTable): string => columns.find(({ role }) => role === 'group')?.name as string

/** A load's name in the books of replaced groups. @param part - The sink's own name beside others of its flow. */
export const publishedName = (part: string, { pipeline, load }: RunContext): string =>
  JSON.stringify([pipeline, part, load.loadId])

/** What publishing depends on, as the books tell it in its transaction. */
export interface GroupBooks {
  /** Splits of the load that are complete. */
  readonly complete: ReadonlySet<string>
  /** A later owner has splits of the load. */
  readonly succeeded: boolean
  /** The name of the load that published the group last. */
  readonly publishedBy: string | undefined
}

/**
 * Refuses to publish what would put older data back.
 *
 * @param mine - The name of the load that publishes.
 * @throws StateError `ETL_STATE_CONFLICT` when the load was cleaned up or taken over. SinkError `ETL_SINK_CONFLICT` when another load has
 * published the group since this one began.
 */
export function refuseStaleGroup(
  { name: table }: PlannedTable,
  group: Group,
  mine: string,
  { complete, succeeded, publishedBy }: GroupBooks,
  { load }: RunContext,
): void {
  if (succeeded || !group.receipts.every(({ split }) => complete.has(split.id))) throw cleanedUp(group.name, load.loadId)
  const found = (group.found as { readonly load: string | null } | undefined)?.load
  if (publishedBy !== undefined && publishedBy !== mine && publishedBy !== found)
    throw publishedMeanwhile(table, group.name, publishedBy)
}

function cleanedUp(group: string, loadId: string): StateError {
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Group "${group}" of load ${loadId} cannot be published: a later run has taken the load over, or published it and cleaned up.`,
    { context: { group, loadId } },
  )
}

function publishedMeanwhile(table: string, group: string, by: string): SinkError {
  const [pipeline = '', , loadId = ''] = JSON.parse(by) as string[]
  return new SinkError(
    'ETL_SINK_CONFLICT',
    `Group "${group}" of table ${table} was published by load ${loadId} of pipeline "${pipeline}" since this load began. Run again to replace it.`,
    { context: { group, table, loadId, pipeline } },
  )
}
