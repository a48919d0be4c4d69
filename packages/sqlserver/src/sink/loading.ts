import type { SplitContext } from '@millrace/etl-core'
import type { LoadStatement, RelationalPlan } from '@millrace/relational'
import type { Session } from '../session.js'
import { tableSql } from '../sql.js'
import { loadSql } from './load-sql.js'
import { isPlain, timestampSql } from './staged-sql.js'

/** Where the rows of a split go, transaction by transaction. */
export interface Loading {
  /** What has to be there besides the tables. */
  readonly begin: readonly string[]
  /** What only one transaction may write at a time. */
  readonly locks: readonly string[]
  /** Batches from this one on are written again, and perhaps hold other records: what is not visible yet of them is dropped first. */
  restart?(session: Session, fromBatch: number): Promise<void>
  /**
   * @param batchNo - Of the newest batch among the rows. A split goes on behind a checkpoint, so the batches of one transaction come again
   * together or not at all.
   * @param where - Which raw rows, as a condition over `seq`. Default: all.
   */
  statements(batchNo: number, where?: string): readonly LoadStatement[]
}

/** Rows go to their tables at once. */
export function directLoading(plan: RelationalPlan, ctx: SplitContext): Loading {
  const startedSql = timestampSql(ctx.load.startedAtMs)
  return {
    begin: [],
    // Rows that are only added do not meet; others are looked for first. In one order, or two would wait for each other.
    locks: isPlain(plan) ? [] : plan.tables.map(({ at }) => tableSql(at).toLowerCase()).sort(),
    statements: (_, where) => loadSql(plan, { startedSql, ...(where === undefined ? {} : { where }) }),
  }
}
