import { randomBytes } from 'node:crypto'
import { type Json, type StateStore, stateConflict } from '@millrace/etl-core'
import { checkStateKey } from '@millrace/relational'
import type { Database } from './database.js'
import { isInDoubt, isNoTable, isTakenKey, translated } from './errors.js'
import type { Session } from './session.js'
import { keyOf } from './sql.js'

const table = '[dbo].[_millrace_state]'

/** Documents of all pipelines that keep their state in this database. Case counts in keys, and not in every collation: the hashes decide. */
export const createState = `IF OBJECT_ID(N'${table}', N'U') IS NULL
CREATE TABLE ${table} (
  [pipeline_hash] NVARCHAR(40) NOT NULL, [key_hash] NVARCHAR(40) NOT NULL, [pipeline] NVARCHAR(MAX) NOT NULL, [key] NVARCHAR(MAX) NOT NULL,
  [version] NVARCHAR(40) NOT NULL, [value] NVARCHAR(MAX) NOT NULL,
  PRIMARY KEY ([pipeline_hash], [key_hash]))`

/**
 * State in the database it describes: table `_millrace_state`, a row per document. Each change is one statement that compares and sets.
 *
 * @throws StateError `ETL_STATE_CONFLICT`, `ETL_STATE_UNAVAILABLE` (later), `ETL_STATE_RATE_LIMITED` (later), `ETL_STATE_FULL` (later),
 * `ETL_STATE_DENIED`. ConfigError `ETL_STATE_KEY`, `ETL_CONFIG_CREDENTIALS`.
 */
export function sqlServerState(database: Database, place: string, pipeline: string): StateStore {
  const pipelineHash = keyOf(pipeline)
  const at = (key: string) => ({ p: pipelineHash, k: keyOf(key) })
  const isDocument = '[pipeline_hash] = @p AND [key_hash] = @k'
  const action = (what: string, key: string) => ({ side: 'state', place, doing: `${what} state "${key}"` }) as const
  let made = false

  /** Reads, or gives `undefined` where there is no table. */
  const look = async <V>(work: (session: Session) => Promise<V>): Promise<V | undefined> => {
    try {
      return await database.session(work)
    } catch (error) {
      if (isNoTable(error)) return undefined
      throw error
    }
  }
  const found = (key: string) =>
    look(async session => {
      const [row] = await session.rows(`SELECT [version], [value] FROM ${table} WHERE ${isDocument}`, at(key))
      return row && { version: row[0] as string, text: row[1] as string }
    })
  const make = async (session: Session) => {
    if (made) return
    try {
      await session.run(createState)
    } catch (error) {
      // Somebody was quicker; what that is called differs from server to server.
      const [row] = await session.rows(`SELECT CASE WHEN OBJECT_ID(N'${table}', N'U') IS NULL THEN 0 ELSE 1 END`)
      if (row?.[0] !== 1) throw error
    }
    made = true
  }
  const insert = (session: Session, key: string, version: string, value: string) =>
    session
      .run(
        `INSERT INTO ${table} ([pipeline_hash], [key_hash], [pipeline], [key], [version], [value]) VALUES (@p, @k, @pipeline, @key, @version, @value)`,
        { ...at(key), pipeline, key, version, value },
      )
      .catch(error => {
        if (isTakenKey(error)) return 0
        throw error
      })
  const update = (session: Session, key: string, version: string, value: string, expected: string) =>
    session.run(`UPDATE ${table} SET [version] = @version, [value] = @value WHERE ${isDocument} AND [version] = @expected`, {
      ...at(key),
      version,
      value,
      expected,
    })

  return {
    async load(key) {
      checkStateKey(key)
      const row = await translated(action('load', key), () => found(key))
      return row && { value: JSON.parse(row.text) as Json, version: row.version }
    },
    async save(key, value, expected) {
      checkStateKey(key)
      const version = randomBytes(16).toString('hex')
      const text = JSON.stringify(value)
      await translated(action('save', key), async () => {
        try {
          const changed = await database.session(async session => {
            await make(session)
            return expected === 'absent' ? insert(session, key, version, text) : update(session, key, version, text, expected)
          })
          if (changed > 0) return
        } catch (error) {
          if (!isInDoubt(error)) throw error
          // The answer was lost; what was asked for may have happened.
          const now = await found(key).catch(() => undefined)
          if (now?.version !== version) throw error
          return
        }
        throw stateConflict(key, expected, (await found(key))?.version)
      })
      return version
    },
    async remove(key, expected) {
      checkStateKey(key)
      await translated(action('remove', key), async () => {
        const removing = look(session =>
          session.run(`DELETE FROM ${table} WHERE ${isDocument} AND [version] = @expected`, { ...at(key), expected }),
        )
        const removed = await removing.catch(async error => {
          if (!isInDoubt(error)) throw error
          // The answer was lost; what was asked for may have happened.
          if (await found(key).catch(() => true)) throw error
          return 1
        })
        if (!removed) throw stateConflict(key, expected, (await found(key))?.version)
      })
    },
    async *list(prefix) {
      const rows = await translated(action('list', prefix), () =>
        look(session => session.rows(`SELECT [key] FROM ${table} WHERE [pipeline_hash] = @p`, { p: pipelineHash })),
      )
      // Compared here: to a collation other characters are the same, and in another order.
      const keys = (rows ?? []).map(([key]) => key as string).filter(key => key.startsWith(prefix))
      yield* keys.sort()
    },
  }
}
