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
  /** The split is read again from its start: what is not visible yet is dropped, in the transaction of its first batch. */
  restart?(session: Session): Promise<void>
  /** @param where - Which raw rows, as a condition over `seq`. Default: all. */
  statements(where?: string): readonly LoadStatement[]
}

/** Rows go to their tables at once. */
export function directLoading(plan: RelationalPlan, ctx: SplitContext): Loading {
  const startedSql = timestampSql(ctx.load.startedAtMs)
  return {
    begin: [],
    // Rows that are only added do not meet; others are looked for first. In one order, or two would wait for each other.
    locks: isPlain(plan) ? [] : plan.tables.map(({ at }) => tableSql(at).toLowerCase()).sort(),
    statements: where => loadSql(plan, { startedSql, ...(where === undefined ? {} : { where }) }),
  }
}
