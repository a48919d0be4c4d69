import type { Checkpoint } from '@millrace/etl-core'
import type { SplitReceipt } from '@millrace/relational'
import { beginLoad, type Keeping, loadRows, type RowsOnTheirWay, stageRows } from './load-rows.js'

/** Where a split stands once its rows are kept. */
export interface Standing {
  readonly checkpoint: Checkpoint | undefined
  /** What was counted before these rows. */
  readonly receipt: SplitReceipt
  readonly complete: boolean
}

/**
 * Stages rows and brings them to their tables in one transaction, with the checkpoint. Gives what was counted so far. What was there before is
 * there still if it throws; except that the answer to the commit may be lost, and then the books say whether it happened.
 */
export function keepRows(
  keeping: Keeping,
  waiting: RowsOnTheirWay,
  { checkpoint, receipt, complete }: Standing,
  signal: AbortSignal,
): Promise<SplitReceipt> {
  return keeping.database.session(async session => {
    await stageRows(session, keeping, waiting)
    return session.transaction(async () => {
      await beginLoad(session, keeping, waiting)
      const changed: Record<string, number> = { ...receipt.changed }
      const loaded = waiting.rows.length === 0 ? [] : await loadRows(session, keeping, waiting)
      for (const [name, count] of loaded) changed[name] = (changed[name] ?? 0) + count
      const next = { rows: receipt.rows + waiting.rows.length, changed }
      await keeping.held.note(session, { checkpoint, receipt: next, complete })
      return next
    })
  }, signal)
}
