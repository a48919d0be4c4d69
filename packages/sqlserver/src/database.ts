import { knownOptions, type SqlServerOptions } from './options.js'
import type { ServerPlace } from './place.js'
import { type Connections, connectionsTo } from './pool.js'
import { type Session, sessionOver } from './session.js'

/** A database that several parts of this process use. */
export interface Database {
  /** Works with a session of its own, as new; it is given back when the work is done. */
  session<V>(work: (session: Session) => Promise<V>, signal?: AbortSignal): Promise<V>
  /** The same, in a transaction. */
  transaction<V>(work: (session: Session) => Promise<V>, signal?: AbortSignal): Promise<V>
  /** Lends a session to someone who gives it back. */
  borrow(signal?: AbortSignal): Promise<BorrowedSession>
  /** Connections that are lent now. */
  readonly inUse: number
}

/** A session and how it is given back. */
export interface BorrowedSession {
  readonly session: Session
  release(): void
}

/** By what is said of them: sinks, sources and state of one run share connections. */
const known = new Map<string, Connections>()
const named = new WeakMap<object, number>()
let names = 0

/** Sources have connections of their own: they keep them while they read, and a sink that waits for one would wait for ever. */
export type ConnectionUse = 'reading' | 'writing'

/**
 * The database at a place. Nothing is opened yet.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options.
 */
export function databaseAt(place: ServerPlace, options: SqlServerOptions = {}, use: ConnectionUse = 'writing'): Database {
  const { host, port, database, ...said } = place
  const all = knownOptions(options, said)
  const connections = connectionsFor(
    JSON.stringify([use, host, port, database, { ...all, credentials: nameOf(all.credentials) }]),
    () => connectionsTo(place, all),
  )
  // A server may be set up to count nothing ("user options", 512), and what changes nothing is a conflict here.
  const settings = `SET LOCK_TIMEOUT ${all.lockTimeoutMs}; SET NOCOUNT OFF`
  const result: Database = {
    async borrow(signal) {
      const { connection, release } = await connections.borrow(signal)
      try {
        const session = await sessionOver(connection, signal)
        await session.run(settings)
        return { session, release: () => release(session.sound) }
      } catch (error) {
        release(false)
        throw error
      }
    },
    async session(work, signal) {
      const { session, release } = await result.borrow(signal)
      try {
        return await work(session)
      } finally {
        release()
      }
    },
    transaction: (work, signal) => result.session(session => session.transaction(() => work(session)), signal),
    get inUse() {
      return connections.inUse
    },
  }
  return result
}

function connectionsFor(key: string, make: () => Connections): Connections {
  const found = known.get(key) ?? make()
  known.set(key, found)
  return found
}

/** A number for a function, the same one each time. */
function nameOf(credentials: object | undefined): number {
  if (!credentials) return 0
  const found = named.get(credentials) ?? ++names
  named.set(credentials, found)
  return found
}
