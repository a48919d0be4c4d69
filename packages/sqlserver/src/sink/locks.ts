import { SinkError } from '@millrace/etl-core'
import type { Session } from '../session.js'
import { keyOf } from '../sql.js'

/** So long one transaction waits for another that writes to the same tables, in milliseconds. */
const waitMs = 60_000

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
      throw new SinkError('ETL_SINK_UNAVAILABLE', `In ${place} another run has been writing ${name} for ${waitMs / 1000} s.`, {
        retry: 'later',
        context: { place, lock: name, granted },
      })
    }
  }
}
