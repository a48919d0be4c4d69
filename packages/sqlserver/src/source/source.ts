import { type Bookmark, type Json, type Source, type Split, splitId, type TableSourceOptions } from '@millrace/etl-core'
import {
  type KeyJson,
  type PlannedSource,
  planSource,
  type RowRange,
  revivedRecord,
  type SourceTable,
  sourceIdentity,
} from '@millrace/relational'
import { accessTo } from '../access.js'
import type { Database } from '../database.js'
import { sqlError, translated } from '../errors.js'
import type { Session } from '../session.js'
import { boundaries, lastKey, refuseNullKeys, sourceTable } from './look.js'
import { wantedCondition } from './ranges.js'
import { readRange, type SplitParams } from './read.js'
import { removalOf } from './removal.js'

/** A source of the rows of a table or view; see `SqlPlace.source`. */
export function tableSource<T>(database: Database, place: string, options: TableSourceOptions<T>): Source<T> {
  const planned = planSource(options)
  const { table: name, newOnly = false } = options
  const action = (doing: string) => ({ side: 'source', place, doing }) as const

  return Object.freeze<Source<T>>({
    name: 'sqlserver',
    // Others may write while it is read.
    capabilities: { resumable: true, rereads: 'mayDiffer' },
    identity: sourceIdentity(place, options),
    access: () => accessTo(place),

    async plan(ctx) {
      const after = (newOnly ? ctx.bookmarks.get(name) : undefined) as KeyJson | undefined
      const before = planned.before?.valueAt(ctx.load.startedAtMs) ?? null
      const { splits, last } = await translated(action(`look at table ${name}`), () =>
        database.session(session => planRows(session, place, options, planned, { after: after ?? null, before }), ctx.signal),
      )
      const reason = after === undefined ? 'no data' : 'unchanged'
      if (splits.length === 0) return { splits, skipped: [{ group: name, reason }] }
      return { splits, ...(newOnly && last ? { bookmarks: { [name]: last as Bookmark } } : {}) }
    },

    async *read(split, from, ctx) {
      const { session, release } = await translated(action('connect'), () => database.borrow(ctx.signal))
      let endSnapshot: (() => Promise<void>) | undefined
      try {
        // All that one attempt reads is then as it was when it began, and nobody is kept waiting.
        if (await keepsSnapshots(session)) endSnapshot = await session.snapshot().catch(() => undefined)
        const table = await sourceTable(session, place, name, planned)
        yield* readRange<T>(session, table, split.params as unknown as SplitParams, from as KeyJson | undefined)
      } catch (error) {
        throw sqlError(error, action(`read table ${name}`))
      } finally {
        await endSnapshot?.()
        release()
      }
    },

    revive: raw => revivedRecord<T>(planned, raw),

    removal: removalOf(database, place, options, planned),
  })
}

async function planRows<T>(
  session: Session,
  place: string,
  options: TableSourceOptions<T>,
  planned: PlannedSource,
  { after, before }: Pick<RowRange, 'after' | 'before'>,
): Promise<{ readonly splits: readonly Split[]; readonly last?: KeyJson }> {
  const table = await sourceTable(session, place, options.table, planned)
  await refuseNullKeys(session, table, wantedCondition(table, before, null))
  const where = wantedCondition(table, before, after)
  const last = await lastKey(session, table, where)
  if (last === undefined) return { splits: [] }
  const cuts = planned.splits > 1 ? await boundaries(session, table, where, planned.splits) : []
  const isEnd = (value: Json) => table.key.length === 1 && value === last[0]
  const inner = cuts.filter(cut => !isEnd(cut))
  const splits = [null, ...inner].map((above, index) =>
    splitOf(table, { after, above, upTo: inner[index] ?? null, last, before }, planned.pageRows),
  )
  return { splits, last }
}

function splitOf({ name, place }: SourceTable, range: RowRange, pageRows: number): Split {
  const params = { ...range, pageRows } as unknown as Json
  return { id: splitId(name, [place, name, params]), params, group: name, labels: { table: name } }
}

async function keepsSnapshots(session: Session): Promise<boolean> {
  const asking = session.rows('SELECT CAST(snapshot_isolation_state AS INT) FROM sys.databases WHERE name = DB_NAME()')
  // A server that does not know the question keeps none.
  const [row] = await asking.catch(() => [[0]])
  return row?.[0] === 1
}
