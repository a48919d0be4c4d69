import type { RelationalPlan } from '@millrace/relational'
import { type Collation, collationOf } from '../catalog.js'
import type { Database } from '../database.js'
import { isTakenName } from '../errors.js'
import type { Session } from '../session.js'
import { takeLocks } from './locks.js'
import { schemaWork } from './schema-check.js'
import { createBooks } from './splits.js'

/** What was made sure of, once for each run. */
export interface Made {
  /** Tables have constraints of their own. */
  readonly strict: boolean
  readonly collation: Collation
  /** Runs more statements that make something, each once. */
  also(statements: readonly string[], signal: AbortSignal): Promise<void>
}

/** Makes what is missing, one run at a time. */
export async function makeTables(database: Database, place: string, plan: RelationalPlan, signal: AbortSignal): Promise<Made> {
  const done = new Set<string>()
  /** Two that find the same thing missing would both make it. */
  const locked = (act: (session: Session) => Promise<void>) =>
    database.transaction(async session => {
      await takeLocks(session, place, ['schema'])
      await act(session)
    }, signal)
  const found = await database.session(async session => {
    const { strict, statements } = await schemaWork(session, plan, place)
    return { strict, missing: statements.length > 0, collation: await collationOf(session) }
  }, signal)
  await locked(async session => {
    // Looked at again: it may have been made meanwhile.
    const { statements } = found.missing ? await schemaWork(session, plan, place) : { statements: [] }
    for (const sql of [...statements, ...createBooks]) await session.run(sql)
  })
  return {
    ...found,
    async also(statements, also) {
      const missing = statements.filter(sql => !done.has(sql))
      if (missing.length === 0) return
      const make = () =>
        database.transaction(async session => {
          await takeLocks(session, place, ['schema'])
          for (const sql of missing) await session.run(sql)
        }, also)
      await make().catch(error => {
        if (!isTakenName(error)) throw error
      })
      for (const sql of missing) done.add(sql)
    },
  }
}
