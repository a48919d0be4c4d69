import type { SplitContext } from '@millrace/etl-core'
import type { LoadStatement, RelationalPlan } from '@millrace/relational'
import type { Session } from '../session.js'
import { loadSql } from './load-sql.js'
import { timestampSql } from './staged-sql.js'

/** Where the rows of a split go, transaction by transaction. */
export interface Loading {
  /** What has to be there besides the tables; in the transaction that takes the split. */
  begin?(session: Session): Promise<void>
  /** Batches from this one on are written again, and perhaps hold other records: what is not visible yet of them is dropped first. */
  restart?(session: Session, fromBatch: number): Promise<void>
  /** @param where - Which raw rows, as a condition over `seq`. Default: all. */
  statements(where?: string): readonly LoadStatement[]
}

/** Rows go to their tables at once. */
export function directLoading(plan: RelationalPlan, ctx: SplitContext): Loading {
  const startedSql = timestampSql(ctx.load.startedAtMs)
  return { statements: where => loadSql(plan, { startedSql, ...(where === undefined ? {} : { where }) }) }
}
