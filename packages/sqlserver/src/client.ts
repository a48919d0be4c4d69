import type { EventEmitter } from 'node:events'
import type * as Tedious from 'tedious'

export type { Connection } from 'tedious'

/** What is used of the two drivers: mssql keeps the pool, tedious does the rest. */
export interface Client {
  readonly tedious: typeof Tedious
  /** A pool that is not open yet. */
  newPool(config: object): Pool
}

/** A pool of mssql, with what its types leave out. */
export interface Pool extends EventEmitter {
  connect(): Promise<unknown>
  close(): Promise<void>
  acquire(requester: unknown): Promise<Tedious.Connection>
  release(connection: Tedious.Connection): void
}

let loading: Promise<Client> | undefined

/** The drivers, loaded at first use: half a second. */
export function sqlClient(): Promise<Client> {
  loading ??= load()
  return loading
}

async function load(): Promise<Client> {
  const [mssql, tedious] = await Promise.all([import('mssql'), import('tedious')])
  // Both are CommonJS: what they export is the default.
  const { ConnectionPool } = (mssql as unknown as { default: { ConnectionPool: new (config: object) => Pool } }).default
  return {
    tedious: (tedious as unknown as { default: typeof Tedious }).default,
    newPool: config => new ConnectionPool(config),
  }
}
