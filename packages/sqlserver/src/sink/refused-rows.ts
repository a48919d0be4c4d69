import { findRefused, type Refused } from '@millrace/relational'
import { blamesRow } from '../errors.js'
import type { Session } from '../session.js'
import { admitRows, Doomed, withoutSql } from './admit.js'
import { beginLoad, type Keeping, loadRows, type RowsOnTheirWay, stageRows } from './load-rows.js'

/** Thrown to undo a transaction that was only a try. */
const undo = new Error('Only a try.')

/**
 * Finds the rows that the server refuses, and keeps none: they are loaded in a transaction that is undone. By halving, behind savepoints; where
 * an error takes the whole transaction with it, each try is one of its own.
 */
export function findRefusedRows(keeping: Keeping, waiting: RowsOnTheirWay, signal: AbortSignal): Promise<Refused> {
  const { rows } = waiting
  return keeping.database.session(async session => {
    await stageRows(session, keeping, waiting)
    const load = async (where: string) => void (await loadRows(session, keeping, waiting, where))
    const begin = () => beginLoad(session, keeping, waiting)
    try {
      return await undone(session, async () => {
        await begin()
        return admitRows(session, rows.length, load, blamesRow)
      })
    } catch (error) {
      if (!(error instanceof Doomed)) throw error
    }
    return findRefused(rows.length, (end, without) =>
      saidTo(() =>
        undone(session, async () => {
          await begin()
          await load(withoutSql(end, without))
        }),
      ),
    )
  }, signal)
}

/** Does something in a transaction that is undone, and gives what it found. */
async function undone<V>(session: Session, work: () => Promise<V>): Promise<V> {
  let found: { readonly value: V } | undefined
  try {
    await session.transaction(async () => {
      found = { value: await work() }
      throw undo
    })
  } catch (error) {
    if (error !== undo) throw error
  }
  return (found as { readonly value: V }).value
}

/** What the server says to a row of a try, or `undefined`. */
async function saidTo(attempt: () => Promise<void>): Promise<unknown> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    if (blamesRow(error)) return error
    throw error
  }
}
