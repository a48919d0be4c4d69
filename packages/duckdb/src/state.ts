import { randomBytes } from 'node:crypto'
import { type Json, type StateStore, stateConflict } from '@millrace/etl-core'
import { checkStateKey } from '@millrace/relational'
import type { Database } from './database.js'
import { translated } from './errors.js'
import type { Session } from './session.js'

const table = 'main."_millrace_state"'

/** Documents of all pipelines that keep their state in this file. */
const create = `CREATE TABLE IF NOT EXISTS ${table} (
  pipeline VARCHAR NOT NULL, key VARCHAR NOT NULL, version VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY (pipeline, key))`

/**
 * State in the database it describes: table `_millrace_state`, a row per document. Saving compares and sets in one statement; writers of
 * this process take turns, and another process has no access meanwhile.
 *
 * @throws StateError `ETL_STATE_CONFLICT`, `ETL_STATE_UNAVAILABLE` (another process has the file, exhausted; later otherwise),
 * `ETL_STATE_FULL` (later), `ETL_STATE_DENIED`, `ETL_STATE_MALFORMED`. ConfigError `ETL_STATE_KEY`.
 */
export function duckdbState(database: Database, place: string, pipeline: string): StateStore {
  const action = (what: string, key: string) => ({ side: 'state', place, doing: `${what} state "${key}"` }) as const
  const found = async (session: Session, key: string) => {
    const [row] = await session.rows(`SELECT version, value FROM ${table} WHERE pipeline = $1 AND key = $2`, [pipeline, key])
    return row && { version: row[0] as string, text: row[1] as string }
  }
  /** Reads from the table, or gives `undefined` where there is none. */
  const look = <V>(work: (session: Session) => Promise<V>) =>
    database.read(async session => ((await isThere(session)) ? work(session) : undefined))

  return {
    async load(key) {
      checkStateKey(key)
      const row = await translated(action('load', key), () => look(session => found(session, key)))
      return row && { value: JSON.parse(row.text) as Json, version: row.version }
    },
    async save(key, value, expected) {
      checkStateKey(key)
      const version = randomBytes(9).toString('base64url')
      const text = JSON.stringify(value)
      await translated(action('save', key), () =>
        database.write(async session => {
          await session.run(create)
          const changed =
            expected === 'absent'
              ? await session.run(`INSERT INTO ${table} VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, [
                  pipeline,
                  key,
                  version,
                  text,
                ])
              : await session.run(
                  `UPDATE ${table} SET version = $3, value = $4 WHERE pipeline = $1 AND key = $2 AND version = $5`,
                  [pipeline, key, version, text, expected],
                )
          if (changed === 0) throw stateConflict(key, expected, (await found(session, key))?.version)
        }),
      )
      return version
    },
    async remove(key, expected) {
      checkStateKey(key)
      await translated(action('remove', key), async () => {
        if (!(await look(async () => true))) throw stateConflict(key, expected, undefined)
        await database.write(async session => {
          const sql = `DELETE FROM ${table} WHERE pipeline = $1 AND key = $2 AND version = $3`
          const removed = await session.run(sql, [pipeline, key, expected])
          if (removed === 0) throw stateConflict(key, expected, (await found(session, key))?.version)
        })
      })
    },
    async *list(prefix) {
      const sql = `SELECT key FROM ${table} WHERE pipeline = $1 AND starts_with(key, $2) ORDER BY key`
      const rows = await translated(action('list', prefix), () => look(session => session.rows(sql, [pipeline, prefix])))
      for (const [key] of rows ?? []) yield key as string
    },
  }
}

async function isThere(session: Session): Promise<boolean> {
  const sql = `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = '_millrace_state'`
  return (await session.rows(sql)).length > 0
}
