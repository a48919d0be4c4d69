import { randomBytes } from 'node:crypto'
import { parsePlace, type SqlPlace } from '@millrace/etl-core'
import { testContext } from '@millrace/etl-testkit'
import { tableName } from '@millrace/relational'
import { vi } from 'vitest'
import { sqlServerPlace } from '../../src/connector.js'
import { type ConnectionUse, type Database, databaseAt } from '../../src/database.js'
import { numberOf } from '../../src/errors.js'
import { serverPlace } from '../../src/place.js'
import type { Session } from '../../src/session.js'
import { dropStaged } from '../../src/sink/replace.js'
import { loadHash, partOf } from '../../src/sink/splits.js'
import { quoted, tableSql, textSql } from '../../src/sql.js'
import { type LiveAddress, liveAddress } from './live-address.js'

const text = process.env.MILLRACE_TEST_SQLSERVER

/** Why the live tests do not run, or `false`. */
export const skipped: string | false = text ? false : 'MILLRACE_TEST_SQLSERVER holds no URL of a server'

// A server far away takes its time, and a case of crashes is some dozen runs.
if (text) vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 })

let shared: LiveAddress | undefined
/** Always the same one, so that what is open can be counted. */
const ours = (): LiveAddress => {
  shared ??= liveAddress(text as string)
  return shared
}

/** The live server's database, for tests that look and prepare. */
export const liveDatabase = (use?: ConnectionUse): Database =>
  databaseAt(serverPlace(parsePlace(ours().place)), ours().options, use)

/** The live server as a place, over the connections of {@link liveDatabase}. */
export const sharedPlace = (): SqlPlace => sqlServerPlace(parsePlace(ours().place), ours().options)

/** The live server as a place of another process: with connections of its own. */
export function livePlace(): SqlPlace {
  const { place, options } = liveAddress(text as string)
  return sqlServerPlace(parsePlace(place), options)
}

/** A schema of its own for a test, in the database that all share. */
export interface LiveSchema {
  readonly schema: string
  /** A table's name, with the schema. */
  table(name: string): string
  /** Says what is kept in the books that all share, so that `close` removes it: the sink's tables, in the order they are declared. */
  keeps(pipeline: string, tables: readonly string[]): void
  /** Drops all there is. */
  close(): Promise<void>
}

export async function liveSchema(): Promise<LiveSchema> {
  const schema = `millrace_test_${randomBytes(6).toString('hex')}`
  const books: { readonly pipeline: string; readonly tables: readonly string[] }[] = []
  await again(() => liveDatabase().session(session => session.run(`CREATE SCHEMA ${quoted(schema)}`)))
  return {
    schema,
    table: name => `${schema}.${name}`,
    keeps: (pipeline, tables) => void books.push({ pipeline, tables }),
    close: () =>
      again(() =>
        liveDatabase().session(async session => {
          for (const { pipeline, tables } of books) await forget(session, pipeline, tables)
          await dropAll(session, schema)
        }),
      ),
  }
}

/** Other files make and drop at the same time, and the catalog is one: who is chosen as the victim of a deadlock tries again. */
async function again<V>(act: () => Promise<V>, left = 5): Promise<V> {
  try {
    return await act()
  } catch (error) {
    if (left === 0 || !(error instanceof Error) || numberOf(error) !== 1205) throw error
    return again(act, left - 1)
  }
}

/** Removes what a pipeline has in the books of some tables, and its state. Rows of other tests are none of ours. */
async function forget(session: Session, pipeline: string, tables: readonly string[]): Promise<void> {
  for (const books of ['_millrace_splits', '_millrace_loads']) {
    if (!(await hasBooks(session, books))) continue
    const rows = await session.rows(`SELECT [load_id] FROM [dbo].[${books}] WHERE [pipeline] = @pipeline`, { pipeline })
    for (const loadId of new Set(rows.map(([id]) => id as string))) {
      const load = loadHash(partOf('', tables), { pipeline, load: { ...testContext().load, loadId } })
      await dropStaged(session, load)
      await session.run(`DELETE FROM [dbo].[${books}] WHERE [load_hash] = @load`, { load })
    }
  }
  if (await hasBooks(session, '_millrace_groups')) {
    for (const table of tables)
      await session.run('DELETE FROM [dbo].[_millrace_groups] WHERE [target] = @target', { target: tableSql(tableName(table)) })
  }
  await forgetState(session, pipeline)
}

/** Removes a pipeline's state. */
export async function forgetState(session: Session, pipeline: string): Promise<void> {
  if (!(await hasBooks(session, '_millrace_state'))) return
  await session.run('DELETE FROM [dbo].[_millrace_state] WHERE [pipeline] = @pipeline', { pipeline })
}

async function hasBooks(session: Session, name: string): Promise<boolean> {
  const [row] = await session.rows(`SELECT CASE WHEN OBJECT_ID(${textSql(tableSql({ name }))}, N'U') IS NULL THEN 0 ELSE 1 END`)
  return row?.[0] === 1
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
