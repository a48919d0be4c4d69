import { SinkError } from '@millrace/etl-core'
import type { Session } from '../session.js'
import { keyOf } from '../sql.js'

/** So long one transaction waits for another that writes to the same tables, in milliseconds. */
const waitMs = 60_000

/** By what sp_getapplock returns: https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql (read 2026-11). */
const reasons: Readonly<Record<number, string>> = {
  [-1]: `another run has been writing the same for ${waitMs / 1000} s`,
  [-2]: 'waiting for another run that writes the same was given up',
  [-3]: 'this run and another wait for each other',
}
const other = 'the server gives no lock to this user now'

/**
 * Takes locks that last until the transaction ends. They are named after tables, and nobody but Millrace knows them.
 *
 * @throws SinkError `ETL_SINK_UNAVAILABLE` (later) if another transaction has one for too long.
 */
export async function takeLocks(session: Session, place: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const [row] = await session.rows(
      `DECLARE @granted INT; EXEC @granted = sp_getapplock @Resource = @resource, @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = @wait; SELECT @granted AS granted`,
      { resource: `millrace:${keyOf(name)}`, wait: waitMs },
    )
    const granted = Number(row?.[0] ?? -999)
    if (granted < 0) {
      throw new SinkError('ETL_SINK_UNAVAILABLE', `In ${place} ${reasons[granted] ?? other} (${name}, ${granted}).`, {
        retry: 'later',
        context: { place, lock: name, granted },
      })
    }
  }
}
