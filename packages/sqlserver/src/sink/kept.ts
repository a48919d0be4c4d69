import type { Checkpoint } from '@millrace/etl-core'
import { findRefused, type Refused, type RelationalPlan, type SplitReceipt } from '@millrace/relational'
import type { Collation } from '../catalog.js'
import type { Database } from '../database.js'
import { blamesRow } from '../errors.js'
import type { Session } from '../session.js'
import { admitRows, Doomed, withoutSql } from './admit.js'
import type { Loading } from './loading.js'
import { takeLocks } from './locks.js'
import type { HeldSplit } from './splits.js'
import { createStage, rawColumns, rawTable } from './staged-sql.js'

/** What is to be kept: rows on their way, and where the split stands then. */
export interface Waiting {
  readonly rows: readonly (readonly unknown[])[]
  readonly checkpoint: Checkpoint | undefined
  readonly receipt: SplitReceipt
  readonly complete: boolean
  /** Rows of the split that are not visible yet are dropped first. */
  readonly restarts: boolean
  /** Rows that the server refuses are found; else one of them fails the transaction. */
  readonly finds: boolean
}

/** What was kept. */
export interface Kept {
  readonly receipt: SplitReceipt
  readonly refused: Refused
}

/** Where and how rows are kept. */
export interface Keeping {
  readonly database: Database
  readonly place: string
  readonly plan: RelationalPlan
  readonly loading: Loading
  readonly held: HeldSplit
  readonly collation: Collation
}

/** Thrown to undo a transaction that was only a try. */
const undo = new Error('Only a try.')
const none: Refused = new Map()

/**
 * Stages rows outside of any transaction, where an error costs nothing, and brings them to their tables in one, with the checkpoint. What was
 * there before is there still if it throws; except that the answer to the commit may be lost, and then the books say whether it happened.
 */
export function keepRows(keeping: Keeping, waiting: Waiting, signal: AbortSignal): Promise<Kept> {
  const { database, plan, collation } = keeping
  return database.session(async session => {
    if (waiting.rows.length > 0) {
      await session.run(createStage(plan, collation).join(';\n'))
      await session.bulk(rawTable, rawColumns(plan), waiting.rows)
    }
    if (!waiting.finds) return load(session, keeping, waiting, none)
    try {
      return await load(session, keeping, waiting, 'find')
    } catch (error) {
      if (!(error instanceof Doomed)) throw error
      return load(
        session,
        keeping,
        waiting,
        await findRefused(waiting.rows.length, (end, without) => attempt(session, keeping, waiting, withoutSql(end, without))),
      )
    }
  }, signal)
}

/** Loads the staged rows, those that are refused excepted, and notes it. */
async function load(session: Session, keeping: Keeping, waiting: Waiting, known: Refused | 'find'): Promise<Kept> {
  const { rows, receipt, checkpoint, complete } = waiting
  return session.transaction(async () => {
    await begin(session, keeping, waiting)
    const changed: Record<string, number> = { ...receipt.changed }
    const apply = async (where?: string) => {
      for (const [name, count] of await applied(session, keeping, where)) changed[name] = (changed[name] ?? 0) + count
    }
    const refused = known === 'find' ? await admitRows(session, rows.length, apply, blamesRow) : known
    if (known !== 'find' && rows.length > 0)
      await apply(refused.size === 0 ? undefined : withoutSql(rows.length, new Set(refused.keys())))
    const next = { rows: receipt.rows + rows.length - refused.size, changed }
    await keeping.held.note(session, { checkpoint, receipt: next, complete })
    return { receipt: next, refused }
  })
}

async function begin(session: Session, { place, loading }: Keeping, { rows, restarts }: Waiting): Promise<void> {
  if (rows.length > 0) await takeLocks(session, place, loading.locks)
  if (restarts) await loading.restart?.(session)
}

/** Runs the load's statements; how many rows each changed, by table. */
async function applied(session: Session, { plan, loading }: Keeping, where: string | undefined) {
  const changed: (readonly [table: string, rows: number])[] = []
  for (const { sql, writes } of loading.statements(where)) {
    const rows = await session.run(sql)
    const name = writes === undefined ? undefined : plan.tables[writes]?.name
    if (name !== undefined) changed.push([name, rows])
  }
  return changed
}

/** What the server says to some of the staged rows. */
async function attempt(session: Session, keeping: Keeping, waiting: Waiting, where: string): Promise<unknown> {
  try {
    return await session.transaction(async () => {
      await begin(session, keeping, waiting)
      await applied(session, keeping, where)
      throw undo
    })
  } catch (error) {
    if (error === undo) return undefined
    if (blamesRow(error)) return error
    throw error
  }
}
