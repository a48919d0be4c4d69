import { resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { invalidates } from './errors.js'
import { fileThere } from './open-file.js'
import type { DuckdbOptions } from './options.js'
import { inTransaction, type Session, sessionOver } from './session.js'
import { type Borrowed, fileAt } from './shared-file.js'

/** A DuckDB file that several parts of this process use. */
export interface Database {
  /** Whether the file is there. Looks without opening it. */
  exists(): Promise<boolean>
  /** Borrows a connection; opens the file, and makes it, if need be. */
  borrow(signal?: AbortSignal): Promise<Borrowed>
  /** Reads with a connection of its own. Does nothing and gives `undefined` if there is no file. */
  read<V>(work: (session: Session) => Promise<V>, signal?: AbortSignal): Promise<V | undefined>
  /** Writes in a transaction, one at a time: two that change the same row would not both be taken. */
  write<V>(work: (session: Session) => Promise<V>, signal?: AbortSignal, on?: DuckDBConnection): Promise<V>
  /** Connections that are borrowed now. */
  readonly inUse: number
  /** Counts how often the file was opened: what was made sure of before may not hold after. */
  readonly openings: number
}

/** The database in a file. Nothing is opened yet. */
export function databaseAt(path: string, options: DuckdbOptions = {}): Database {
  const whole = resolve(path)
  const file = () => fileAt(whole)
  /** Lends a connection, and lets go of a database that DuckDB has given up. */
  const lent = async <V>(work: (connection: DuckDBConnection) => Promise<V>, signal?: AbortSignal): Promise<V> => {
    const borrowed = await file().borrow(options, signal)
    try {
      return await work(borrowed.connection)
    } catch (error) {
      if (invalidates(error)) file().drop()
      throw error
    } finally {
      borrowed.release()
    }
  }
  return {
    exists: () => fileThere(whole),
    borrow: signal => file().borrow(options, signal),
    async read(work, signal) {
      if (!(await fileThere(whole))) return undefined
      return lent(connection => work(sessionOver(connection, signal)), signal)
    },
    async write(work, signal, on) {
      const end = await file().turns.take(signal)
      try {
        const transact = (connection: DuckDBConnection) => {
          const session = sessionOver(connection, signal)
          return inTransaction(session, () => work(session))
        }
        return await (on ? transact(on) : lent(transact, signal))
      } catch (error) {
        if (invalidates(error)) file().drop()
        throw error
      } finally {
        end()
      }
    },
    get inUse() {
      return file().inUse
    },
    get openings() {
      return file().openings
    },
  }
}
