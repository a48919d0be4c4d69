import { randomBytes } from 'node:crypto'
import { parsePlace, type SqlPlace } from '@millrace/etl-core'
import { sqlServerPlace } from '../../src/connector.js'
import { type Database, databaseAt } from '../../src/database.js'
import type { SqlServerOptions } from '../../src/options.js'
import { serverPlace } from '../../src/place.js'
import type { Session } from '../../src/session.js'
import { quoted } from '../../src/sql.js'

/** `sqlserver://user:password@host:port/database?encrypt=false` of a server whose database the tests may fill. */
const address = process.env.MILLRACE_TEST_SQLSERVER

/** Why the live tests do not run, or `false`. */
export const skipped: string | false = address ? false : 'MILLRACE_TEST_SQLSERVER holds no URL of a server'

/** The live server's database, for tests that look and prepare. */
export function liveDatabase(): Database {
  const { place, options } = live()
  return databaseAt(serverPlace(parsePlace(place)), options)
}

/** The live server as a place. */
export function livePlace(): SqlPlace {
  const { place, options } = live()
  return sqlServerPlace(parsePlace(place), options)
}

function live(): { readonly place: string; readonly options: SqlServerOptions } {
  const url = new URL(address as string)
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  return { place: url.href, options: { credentials } }

  function credentials() {
    return { user, password }
  }
}

/** A schema of its own for a test: `name` is a table in it, and `close` drops all there is. */
export interface LiveSchema {
  readonly schema: string
  table(name: string): string
  close(): Promise<void>
}

export async function liveSchema(): Promise<LiveSchema> {
  const schema = `t${randomBytes(6).toString('hex')}`
  await liveDatabase().session(session => session.run(`CREATE SCHEMA ${quoted(schema)}`))
  return {
    schema,
    table: name => `${schema}.${name}`,
    close: () => liveDatabase().session(session => dropAll(session, schema)),
  }
}

/** Views first; then tables, again and again, as long as others refer to them. */
async function dropAll(session: Session, schema: string): Promise<void> {
  const named = await session.rows('SELECT TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = @schema', {
    schema,
  })
  const of = (kind: string) => named.filter(([, type]) => String(type).trim() === kind).map(([name]) => name as string)
  for (const view of of('VIEW')) await session.run(`DROP VIEW ${quoted(schema)}.${quoted(view)}`)
  let left = of('BASE TABLE')
  for (let round = 0; round < 10 && left.length > 0; round++) {
    const still: string[] = []
    for (const table of left) {
      await session.run(`DROP TABLE ${quoted(schema)}.${quoted(table)}`).catch(() => still.push(table))
    }
    left = still
  }
  await session.run(`DROP SCHEMA ${quoted(schema)}`)
}

/** Runs a query on the live server. */
export const query = (sql: string, params?: Parameters<Session['rows']>[1]): Promise<readonly (readonly unknown[])[]> =>
  liveDatabase().session(session => session.rows(sql, params))

/** Whether a table or view is there. */
export async function isThere(schema: string, name: string): Promise<boolean> {
  const sql = 'SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = @schema AND TABLE_NAME = @name'
  return Number((await query(sql, { schema, name }))[0]?.[0]) > 0
}
