import { orAborted } from '@millrace/etl-core'
import { type Connection, type Pool, sqlClient } from './client.js'
import { credentialsOf, type KnownOptions } from './options.js'
import type { ServerPlace } from './place.js'

/** A pool is closed so long after its last use, in milliseconds: opening costs two log-ins, and open connections keep a process alive. */
const idleMs = 1_000

/** Connections to one database. */
export interface Connections {
  /** Connections that are lent now. */
  readonly inUse: number
  /** Lends a connection whose session is as new. */
  borrow(signal?: AbortSignal): Promise<Lent>
}

/** A connection and how it is given back. */
export interface Lent {
  readonly connection: Connection
  /** @param reuse - False for a connection nobody knows the state of: it is closed. Default true. */
  release(reuse?: boolean): void
}

/** What a log-in was refused with: the driver keeps the text and drops the number. */
interface Refusal {
  readonly number: number
  readonly message: string
}

/** The connections to a database. None is opened yet. */
export function connectionsTo(place: ServerPlace, options: KnownOptions): Connections {
  let opening: Promise<Pool> | undefined
  let inUse = 0
  let timer: NodeJS.Timeout | undefined
  const used = new WeakSet<Connection>()
  const refusals: Refusal[] = []

  const open = async (): Promise<Pool> => {
    const { newPool } = await sqlClient()
    const { user, password } = await credentialsOf(options)
    const pool = newPool({
      server: place.host,
      port: place.port,
      database: place.database,
      user,
      password,
      connectionTimeout: options.connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      validateConnection: 'socket',
      options: {
        encrypt: options.encrypt,
        trustServerCertificate: options.trustServerCertificate,
        useUTC: true,
        abortTransactionOnError: false,
        appName: 'millrace',
        cancelTimeout: 1_500,
        // The runner tries again, and its report says so.
        maxRetriesOnTransientErrors: 0,
      },
      pool: { min: 0, max: options.maxConnections, acquireTimeoutMillis: options.connectTimeoutMs + options.requestTimeoutMs },
      beforeConnect(connection: Connection) {
        prepare(connection, options.encrypt, refusals)
      },
    })
    // A connection that dies while nobody uses it would otherwise end the process. Whoever uses it next is told.
    pool.on('error', () => {})
    await pool.connect()
    return pool
  }
  const leave = () => {
    inUse--
    if (inUse > 0) return
    clearTimeout(timer)
    timer = setTimeout(close, idleMs)
  }
  const close = () => {
    const closing = opening
    opening = undefined
    closing?.then(pool => pool.close()).catch(() => undefined)
  }
  /** One that does not open is forgotten; not another one that took its place meanwhile. */
  const openOnce = (): Promise<Pool> => {
    const mine = open().catch(error => {
      if (opening === mine) opening = undefined
      throw numbered(error, refusals)
    })
    return mine
  }
  const acquire = async (): Promise<{ pool: Pool; connection: Connection }> => {
    opening ??= openOnce()
    const pool = await opening
    return { pool, connection: await pool.acquire(pool) }
  }
  /** A connection with a session as new; one that died in the pool is replaced once. */
  const ready = async (): Promise<{ pool: Pool; connection: Connection }> => {
    for (let again = true; ; again = false) {
      const lent = await acquire().catch(error => {
        throw numbered(error, refusals)
      })
      if (!used.has(lent.connection)) {
        used.add(lent.connection)
        return lent
      }
      try {
        await reset(lent.connection)
        return lent
      } catch (error) {
        lent.connection.close()
        lent.pool.release(lent.connection)
        if (!again) throw error
      }
    }
  }

  return {
    get inUse() {
      return inUse
    },
    async borrow(signal) {
      signal?.throwIfAborted()
      inUse++
      clearTimeout(timer)
      try {
        const getting = ready()
        const { pool, connection } = await orAborted(getting, signal).catch(error => {
          // One that comes when nobody waits any more.
          getting.then(late => late.pool.release(late.connection)).catch(() => undefined)
          throw error
        })
        let lent = true
        return {
          connection,
          release(reuse = true) {
            if (!lent) return
            lent = false
            if (!reuse) connection.close()
            pool.release(connection)
            leave()
          },
        }
      } catch (error) {
        leave()
        throw error
      }
    },
  }
}

/** Temporary tables, settings and transactions of the last user are gone after it. */
function reset(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => connection.reset(error => (error ? reject(error) : resolve())))
}

interface Negotiating {
  performTlsNegotiation?: (prelogin: { readonly encryptionString?: string }, signal: AbortSignal) => Promise<void>
}

/** Listens to what a connection says before anyone uses it, and refuses a server that offers no TLS where TLS is asked for. */
function prepare(connection: Connection, encrypt: boolean, refusals: Refusal[]): void {
  connection.on('error', () => {})
  connection.on('errorMessage', ({ number, message }: Refusal) => {
    refusals.push({ number, message })
    if (refusals.length > 20) refusals.shift()
  })
  if (!encrypt) return
  // Asked for encryption, the driver goes on in plain text, with the password, where a server says that it has none.
  const negotiating = connection as unknown as Negotiating
  const negotiate = negotiating.performTlsNegotiation
  if (!negotiate) return
  negotiating.performTlsNegotiation = async (prelogin, signal) => {
    if (prelogin.encryptionString !== 'ON' && prelogin.encryptionString !== 'REQ')
      throw Object.assign(new Error('the server offers no TLS, and the password was not sent'), { code: 'ENOTLS' })
    return negotiate.call(connection, prelogin, signal)
  }
}

/** Gives an error of a log-in its number back. */
function numbered(error: unknown, refusals: readonly Refusal[]): unknown {
  if (!(error instanceof Error) || 'number' in error) return error
  const known = refusals.findLast(({ message }) => message !== '' && error.message.includes(message))
  return known ? Object.assign(error, { number: known.number }) : error
}
