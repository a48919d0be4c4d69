import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'

/** A connection as the parts of this package use it. */
export interface Session {
  readonly connection: DuckDBConnection
  /** Runs a statement and says how many rows it changed. */
  run(sql: string, values?: readonly DuckDBValue[]): Promise<number>
  /** Runs a query and gives all its rows, each as the values of its columns. */
  rows(sql: string, values?: readonly DuckDBValue[]): Promise<readonly (readonly DuckDBValue[])[]>
}

/**
 * A session over a connection. With a signal, no further statement begins once it has aborted, and one that runs is interrupted.
 * Results are always read whole: one that is left half-way would keep the file open.
 */
export function sessionOver(connection: DuckDBConnection, signal?: AbortSignal): Session {
  const interruptible = async <V>(act: () => Promise<V>): Promise<V> => {
    if (!signal) return act()
    signal.throwIfAborted()
    const interrupt = () => connection.interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      return await act()
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      signal.removeEventListener('abort', interrupt)
    }
  }
  return {
    connection,
    run: (sql, values) =>
      interruptible(async () => (await (values ? connection.run(sql, [...values]) : connection.run(sql))).rowsChanged),
    rows: (sql, values) =>
      interruptible(async () => (await (values ? connection.run(sql, [...values]) : connection.run(sql))).getRows()),
  }
}

/** Runs work in a transaction: kept when it ends well, undone when it throws. */
export async function inTransaction<V>(session: Session, work: () => Promise<V>): Promise<V> {
  const { connection } = session
  await session.run('BEGIN TRANSACTION')
  try {
    const value = await work()
    await connection.run('COMMIT')
    return value
  } catch (error) {
    // After a failed commit there is nothing to roll back; the first error counts.
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}
