import {
  type Bookmark,
  type Json,
  type RunContext,
  type Source,
  type Split,
  splitId,
  type TableSourceOptions,
} from '@millrace/etl-core'
import { type KeyJson, type PlannedSource, planSource, type RowRange, revivedRecord, sourceIdentity } from '@millrace/relational'
import { accessTo } from '../access.js'
import type { Database } from '../database.js'
import { duckdbError, translated } from '../errors.js'
import { type Session, sessionOver } from '../session.js'
import { boundaries, lastKey, noFile, refuseNullKeys, rowsFound, sourceTable } from './look.js'
import { behindSql, cutOffSql, rangeSql } from './ranges.js'
import { readRange, type SplitParams } from './read.js'
import { rowRemoval } from './removal.js'
import type { SourceTable } from './values.js'

/** A source of the rows of a table or view; see `SqlPlace.source`. */
export function tableSource<T>(database: Database, place: string, options: TableSourceOptions<T>): Source<T> {
  const planned = planSource(options)
  const { table: name, newOnly = false } = options
  const action = (doing: string) => ({ side: 'source', place, doing }) as const

  return Object.freeze<Source<T>>({
    name: 'duckdb',
    // A split whose rows are not those that were planned is refused, so what is read again is the same.
    capabilities: { resumable: true, rereads: 'same' },
    identity: sourceIdentity(place, options),
    access: () => accessTo(place),

    async plan(ctx) {
      const plan = await translated(action(`look at table ${name}`), () =>
        database.read(
          session =>
            planRows(session, place, options, planned, {
              bookmark: newOnly ? ctx.bookmarks.get(name) : undefined,
              before: planned.before?.valueAt(ctx.load.startedAtMs) ?? null,
            }),
          ctx.signal,
        ),
      )
      if (plan === undefined) throw noFile(place)
      const { splits, last } = plan
      if (splits.length === 0)
        return { splits: [], skipped: [{ group: name, reason: newOnly && ctx.bookmarks.has(name) ? 'unchanged' : 'no data' }] }
      return { splits, ...(newOnly && last ? { bookmarks: { [name]: last as Bookmark } } : {}) }
    },

    async *read(split, from, ctx) {
      const borrowed = await translated(action('open the file'), () => borrow(database, place, ctx))
      const session = sessionOver(borrowed.connection, ctx.signal)
      try {
        // One transaction sees the rows as they were when it began, whatever others write meanwhile.
        await session.run('BEGIN TRANSACTION READ ONLY')
        const table = await sourceTable(session, place, name, planned)
        yield* readRange<T>(session, table, split.params as unknown as SplitParams, from as KeyJson | undefined)
      } catch (error) {
        throw duckdbError(error, action(`read table ${name}`))
      } finally {
        await borrowed.connection.run('ROLLBACK').catch(() => undefined)
        borrowed.release()
      }
    },

    removal: rowRemoval(database, place, options, planned),

    revive: raw => revivedRecord<T>(planned, raw),
  })
}

/** Borrowing makes a file that is not there; reading must not. */
async function borrow(database: Database, place: string, ctx: RunContext) {
  if (!(await database.exists())) throw noFile(place)
  return database.borrow(ctx.signal)
}

async function planRows<T>(
  session: Session,
  place: string,
  options: TableSourceOptions<T>,
  planned: PlannedSource,
  { bookmark, before }: { readonly bookmark: Bookmark | undefined; readonly before: string | null },
): Promise<{ readonly splits: readonly Split[]; readonly last?: KeyJson }> {
  const table = await sourceTable(session, place, options.table, planned)
  const after = (bookmark as KeyJson | undefined) ?? null
  const wanted = [...cutOffSql(table, before), ...(after === null ? [] : [behindSql(table, after)])]
  const where = wanted.length === 0 ? 'true' : wanted.join(' AND ')
  await refuseNullKeys(session, table, cutOffSql(table, before)[0] ?? 'true')
  const last = await lastKey(session, table, where)
  if (last === undefined) return { splits: [] }
  const cuts = planned.splits > 1 ? await boundaries(session, table, where, planned.splits) : []
  const splits: Split[] = []
  for (const [index, above] of [null, ...cuts].entries()) {
    const range: RowRange = { after, above, upTo: cuts[index] ?? null, last, before }
    const split = await splitOf(session, table, range, planned.pageRows)
    if (split) splits.push(split)
  }
  return { splits, last }
}

/** A split of a range; none where it has no rows. */
async function splitOf(session: Session, table: SourceTable, range: RowRange, pageRows: number): Promise<Split | undefined> {
  const found = await rowsFound(session, table, rangeSql(table, range))
  if (found.rows === 0) return undefined
  const params = { ...range, ...found, pageRows }
  const { name } = table
  return {
    id: splitId(name, [table.place, name, params as unknown as Json]),
    params: params as unknown as Json,
    group: name,
    labels: { table: name },
  }
}
