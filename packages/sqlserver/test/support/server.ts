import { parsePlace } from '@millrace/etl-core'
import { type TdsServer, type TdsServerOptions, tdsServer } from '@millrace/etl-testkit/tds'
import { onTestFinished } from 'vitest'
import { type Database, databaseAt } from '../../src/database.js'
import type { SqlServerOptions } from '../../src/options.js'
import { serverPlace } from '../../src/place.js'

/** A server that speaks the protocol and no SQL, closed when the test is over. */
export async function protocolServer(options?: TdsServerOptions): Promise<TdsServer> {
  const server = await tdsServer(options)
  onTestFinished(() => server.close())
  return server
}

/** Options for a server of the test's own. */
export const optionsFor = ({ user, password }: TdsServer, over: SqlServerOptions = {}): SqlServerOptions => ({
  encrypt: false,
  credentials: () => ({ user, password }),
  ...over,
})

/** The database of a server. */
export const databaseOf = (server: TdsServer, over?: SqlServerOptions): Database =>
  databaseAt(serverPlace(parsePlace(server.place)), optionsFor(server, over))

/** Statements so far, without log-ins and settings. */
export const statements = ({ log }: TdsServer): readonly string[] =>
  log
    .filter(({ kind, sql }) => kind !== 'login' && kind !== 'settings' && !sql.startsWith('SET LOCK_TIMEOUT'))
    .map(({ kind, sql }) => sql || kind)
