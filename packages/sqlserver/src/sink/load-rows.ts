import type { RelationalPlan } from '@millrace/relational'
import type { Collation } from '../catalog.js'
import type { Database } from '../database.js'
import type { Session } from '../session.js'
import type { Loading } from './loading.js'
import { takeLocks } from './locks.js'
import type { HeldSplit } from './splits.js'
import { createStage, rawColumns, rawTable } from './staged-sql.js'

/** Where and how the rows of a split are kept. */
export interface Keeping {
  readonly database: Database
  readonly place: string
  readonly plan: RelationalPlan
  readonly loading: Loading
  readonly held: HeldSplit
  readonly collation: Collation
}

/** Rows on their way: their number, then the values of the plan's fields, as they are sent. */
export interface RowsOnTheirWay {
  readonly rows: readonly (readonly unknown[])[]
  /** Of the newest batch they are from. */
  readonly batchNo: number
  /** Batches from this one on come again: what is not visible yet of them is dropped first. */
  readonly restartsFrom: number | undefined
}

/** Brings rows into the session's temporary tables: outside of any transaction, where an error costs nothing. */
export async function stageRows(session: Session, { plan, collation }: Keeping, { rows }: RowsOnTheirWay): Promise<void> {
  if (rows.length === 0) return
  await session.run(createStage(plan, collation).join(';\n'))
  await session.bulk(rawTable, rawColumns(plan), rows)
}

/** Begins the transaction of staged rows: the locks, and what has to be gone. */
export async function beginLoad(
  session: Session,
  { place, loading }: Keeping,
  { rows, restartsFrom }: RowsOnTheirWay,
): Promise<void> {
  if (rows.length > 0) await takeLocks(session, place, loading.locks)
  if (restartsFrom !== undefined) await loading.restart?.(session, restartsFrom)
}

/** Brings staged rows to their tables; how many rows of which table each statement changed. @param where - Which, over `seq`. Default: all. */
export async function loadRows(
  session: Session,
  { plan, loading }: Keeping,
  { batchNo }: RowsOnTheirWay,
  where?: string,
): Promise<readonly (readonly [table: string, rows: number])[]> {
  const changed: (readonly [table: string, rows: number])[] = []
  for (const { sql, writes } of loading.statements(batchNo, where)) {
    const rows = await session.run(sql)
    const name = writes === undefined ? undefined : plan.tables[writes]?.name
    if (name !== undefined) changed.push([name, rows])
  }
  return changed
}
