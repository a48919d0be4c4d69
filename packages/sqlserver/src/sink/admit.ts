import type { Refused } from '@millrace/relational'
import type { Session } from '../session.js'

/** Thrown when the server has given up the transaction for a row, savepoints and all. */
export class Doomed extends Error {
  constructor(cause: unknown) {
    super('The transaction was given up.', { cause })
  }
}

/** The condition for the rows from one number up to, not including, another. */
export const between = (from: number, end: number): string => `[seq] >= ${from} AND [seq] < ${end}`

/**
 * Loads rows in the session's transaction, and finds those that the server refuses by halving: each part is tried behind a savepoint, so that
 * those before it are there, and undone if a row of it is refused.
 *
 * @param apply - Loads the rows of a condition.
 * @param blames - Whether an error may be about a single row.
 * @throws Doomed when an error takes the whole transaction with it. What has nothing to do with rows.
 */
export async function admitRows(
  session: Session,
  rows: number,
  apply: (where: string) => Promise<void>,
  blames: (error: unknown) => boolean,
): Promise<Refused> {
  const refused = new Map<number, unknown>()
  const admit = async (from: number, end: number): Promise<void> => {
    await session.run('SAVE TRANSACTION [millrace]')
    try {
      await apply(between(from, end))
    } catch (error) {
      if (!blames(error)) throw error
      const [state] = await session.rows('SELECT XACT_STATE(), @@TRANCOUNT')
      if (Number(state?.[0]) !== 1 || Number(state?.[1]) < 1) throw new Doomed(error)
      await session.run('ROLLBACK TRANSACTION [millrace]')
      if (end - from === 1) {
        refused.set(from, error)
        return
      }
      const middle = (from + end) >> 1
      await admit(from, middle)
      await admit(middle, end)
    }
  }
  if (rows > 0) await admit(0, rows)
  return refused
}

/** The condition for the rows before a number that are not refused. */
export function withoutSql(end: number, without: ReadonlySet<number>): string {
  return `[seq] < ${end}${without.size === 0 ? '' : ` AND [seq] NOT IN (${[...without].join(', ')})`}`
}
