import { countRequest } from '@millrace/etl-core'
import type { BulkLoad, Request } from 'tedious'
import type { BulkColumn } from './bulk-types.js'
import { type Connection, sqlClient } from './client.js'
import { isInDoubt } from './errors.js'

/** A value of a parameter. Its type follows: text, 32-bit and 64-bit whole numbers, bytes; null is text. */
export type Param = string | number | bigint | Uint8Array | null

/** A connection as the parts of this package use it: one call at a time. */
export interface Session {
  /** Runs a statement and says how many rows it changed. */
  run(sql: string, params?: Readonly<Record<string, Param>>): Promise<number>
  /** Runs a query and gives all its rows, each as the values of its columns. */
  rows(sql: string, params?: Readonly<Record<string, Param>>): Promise<readonly (readonly unknown[])[]>
  /** Loads rows into a table with the protocol's bulk load; they are pulled as the server takes them. Does nothing without rows. */
  bulk(table: string, columns: readonly BulkColumn[], rows: readonly (readonly unknown[])[]): Promise<void>
  /**
   * Runs work in a transaction: kept when it ends well, undone when it throws. `commit` is not given up half-way.
   */
  transaction<V>(work: () => Promise<V>): Promise<V>
  /** Reads what follows as it is now, until the function that is given back is called. For databases that keep snapshots. */
  snapshot(): Promise<() => Promise<void>>
  /** False when nobody can know what state the connection is in. */
  readonly sound: boolean
}

/** A session over a connection. With a signal, no further statement begins once it has aborted, and one that runs is cancelled. */
export async function sessionOver(connection: Connection, signal?: AbortSignal): Promise<Session> {
  const { tedious } = await sqlClient()
  const { Request, TYPES, ISOLATION_LEVEL } = tedious
  let sound = true

  /** Calls the driver, and cancels what runs when the signal aborts. Each is one request to the server. */
  const call = async <V>(
    what: 'statement' | 'bulk load' | 'transaction',
    start: (done: (error: Error | null | undefined, value: V) => void) => void,
    cancels = true,
  ): Promise<V> => {
    if (cancels) signal?.throwIfAborted()
    countRequest('sqlserver', what)
    const cancel = () => void connection.cancel()
    if (cancels) signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise<V>((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
    } catch (error) {
      if (isInDoubt(error)) sound = false
      throw cancels && signal?.aborted ? signal.reason : error
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }
  const typed = (request: Request, name: string, value: Param) => {
    if (typeof value === 'number') request.addParameter(name, TYPES.Int, value)
    else if (typeof value === 'bigint') request.addParameter(name, TYPES.BigInt, String(value))
    else if (value instanceof Uint8Array) request.addParameter(name, TYPES.VarBinary, Buffer.from(value))
    // Always the same length, or each length of a text is another plan to the server.
    else
      request.addParameter(name, TYPES.NVarChar, value, {
        length: (value?.length ?? 0) <= 4_000 ? 4_000 : Number.POSITIVE_INFINITY,
      })
  }
  const execute = (sql: string, params: Readonly<Record<string, Param>> | undefined, row?: (values: unknown[]) => void) =>
    call<number>('statement', done => {
      let changed: number | undefined
      const request = new Request(sql, error => done(error, changed ?? 0))
      // The driver adds up what all statements changed, those of a trigger among them; theirs end before the one that fired it.
      const ended = (count: number | undefined) => {
        changed = count ?? changed
      }
      request.on('done', ended)
      request.on('doneInProc', ended)
      request.on('doneProc', count => {
        changed ??= count
      })
      if (row) request.on('row', (columns: readonly { readonly value: unknown }[]) => row(columns.map(({ value }) => value)))
      const named = Object.entries(params ?? {})
      for (const [name, value] of named) typed(request, name, value)
      // A temporary table made with parameters would be gone with the statement; and a view wants a batch of its own.
      if (named.length > 0) connection.execSql(request)
      else connection.execSqlBatch(request)
    })

  const begin = (isolation: 'READ_COMMITTED' | 'SNAPSHOT') =>
    call<unknown>('transaction', done => connection.beginTransaction(done, '', ISOLATION_LEVEL[isolation]))
  const rollBack = async () => {
    // The server has undone it already where an error said so.
    if (!sound || !inTransaction(connection)) return
    await call<unknown>('transaction', done => connection.rollbackTransaction(error => done(error, undefined)), false).catch(
      () => {
        sound = false
      },
    )
  }

  return {
    get sound() {
      return sound
    },
    run: (sql, params) => execute(sql, params),
    async rows(sql, params) {
      const rows: unknown[][] = []
      await execute(sql, params, row => rows.push(row))
      return rows
    },
    async bulk(table, columns, rows) {
      // A load without rows is an error to some servers.
      if (rows.length === 0) return
      await call<number>('bulk load', done => {
        const load: BulkLoad = connection.newBulkLoad(table, { keepNulls: true }, (error, count) => done(error, count ?? 0))
        for (const { name, type, length } of columns)
          load.addColumn(name, TYPES[type], { nullable: true, ...(length === undefined ? {} : { length }) })
        connection.execBulkLoad(load, rows as unknown[][])
      })
    },
    async snapshot() {
      await begin('SNAPSHOT')
      return rollBack
    },
    async transaction(work) {
      await begin('READ_COMMITTED')
      let value: Awaited<ReturnType<typeof work>>
      try {
        value = await work()
        signal?.throwIfAborted()
      } catch (error) {
        // The first error counts.
        await rollBack()
        throw error
      }
      try {
        await call<unknown>('transaction', done => connection.commitTransaction(error => done(error, undefined)), false)
      } catch (error) {
        sound = false
        throw error
      }
      return value
    },
  }
}

/** The driver follows what the server says of transactions. */
const inTransaction = (connection: Connection): boolean => (connection as unknown as { inTransaction: boolean }).inTransaction
