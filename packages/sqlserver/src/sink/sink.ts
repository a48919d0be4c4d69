import type { Json, RelatedTablesOptions, Sink, SplitContext, StateHome, TableSinkOptions } from '@millrace/etl-core'
import {
  layoutOf,
  type RelationalPlan,
  relatedShape,
  rowReader,
  type SinkShape,
  tableShape,
  writesText,
} from '@millrace/relational'
import type { Database } from '../database.js'
import { translated } from '../errors.js'
import { sqlServerRules } from '../rules.js'
import { directLoading } from './loading.js'
import { takeLocks } from './locks.js'
import { type Made, makeTables } from './make.js'
import { dropStaged, groupLock, groupStillThere, publishGroup, stagedLoading, surveyGroup } from './replace.js'
import { schemaWork } from './schema-check.js'
import { forgetSplits, hasBooks, isSucceeded, loadHash, loadLock, type Part, partOf, takeSplit } from './splits.js'
import { bytesTogether, splitWriter } from './writer.js'

/** A sink for one table. */
export function tableSink<T>(database: Database, home: StateHome, options: TableSinkOptions<T>): Sink<T> {
  return sinkFor(database, home, '', tableShape(options, sqlServerRules))
}

/** A sink for related tables. */
export function relatedSink<T>(database: Database, home: StateHome, options: RelatedTablesOptions<T>): Sink<T> {
  return sinkFor(database, home, '', relatedShape(options, sqlServerRules))
}

function sinkFor<T>(database: Database, home: StateHome, name: string, shape: SinkShape): Sink<T> {
  const { disposition, names } = shape
  const part: Part = partOf(name, names)
  const { place } = home
  const replaces = disposition === 'replace'
  let planned: RelationalPlan | undefined
  const plan = (): RelationalPlan => {
    planned ??= shape.plan({})
    return planned
  }
  const action = (doing: string) => ({ side: 'sink', place, doing }) as const
  let making: Promise<Made> | undefined
  let refused = false

  const make = (loading: ReturnType<typeof loadingOf>, ctx: SplitContext): Promise<Made> => {
    making ??= makeTables(database, place, plan(), ctx.signal).catch(error => {
      making = undefined
      throw error
    })
    return making.then(async made => {
      if (loading.begin.length > 0) await made.also(loading.begin, ctx.signal)
      return made
    })
  }
  const loadingOf = (ctx: SplitContext) => (replaces ? stagedLoading(plan(), part, ctx) : directLoading(plan(), ctx))

  return Object.freeze<Sink<T>>({
    name: 'sqlserver',
    capabilities: {
      disposition,
      durableAt: 'flush',
      // Read again from its start, an appended split is there twice; of a replaced one what waits is dropped.
      replay: disposition === 'append' ? 'duplicates' : 'idempotent',
      cursor: 'inTransaction',
    },
    bufferBytes: 2 * bytesTogether,
    home,
    ...(home.access && { access: home.access }),
    get layout(): Json {
      return layoutOf(disposition, plan())
    },
    get writes() {
      return writesText(place, disposition, names)
    },
    prepare(facts) {
      planned = shape.plan(facts)
      making = undefined
    },
    apart: name => sinkFor(database, home, name, shape),

    survey: (splits, ctx) =>
      translated(action(`look at ${names.join(', ')}`), () =>
        database.session(async session => {
          await schemaWork(session, plan(), place)
          return replaces ? surveyGroup(session, plan(), splits) : null
        }, ctx.signal),
      ),

    open: ctx =>
      translated(action(`begin split "${ctx.split.id}"`), async () => {
        const loading = loadingOf(ctx)
        const made = await make(loading, ctx)
        // The rows of a replaced group wait in a table without constraints.
        const mayRefuse = () => refused || (made.strict && !replaces)
        const held = await database.transaction(async session => {
          await takeLocks(session, place, [loadLock(loadHash(part, ctx))])
          return takeSplit(session, part, ctx)
        }, ctx.signal)
        return splitWriter<T>({
          ...{ database, place, plan: plan(), loading, held, ctx, collation: made.collation },
          readRow: rowReader(plan(), sqlServerRules),
          mayRefuse,
          // What is in one transaction decides what history sees: batches must not be put together by chance.
          batchByBatch: () => mayRefuse() || plan().tables.some(({ history }) => history !== undefined),
          refusesRows() {
            refused = true
          },
        })
      }),

    ...(replaces && {
      async publish(group, ctx) {
        await translated(action(`publish group "${group.name}"`), () =>
          database.transaction(async session => {
            await takeLocks(session, place, [groupLock(plan(), group.name)])
            await publishGroup(session, plan(), part, group, ctx)
          }, ctx.signal),
        )
        return {}
      },
      stillPublished: (group, ctx) =>
        translated(action(`look at group "${group}"`), () =>
          database.session(session => groupStillThere(session, plan(), group), ctx.signal),
        ),
    }),

    async discard(loadId, ctx) {
      const load = loadHash(part, { ...ctx, load: { ...ctx.load, loadId } })
      await translated(action(`clean up after load ${loadId}`), () =>
        database.session(async session => {
          if (!(await hasBooks(session))) return
          await session.transaction(async () => {
            await takeLocks(session, place, [loadLock(load)])
            // Who was succeeded leaves cleaning up to the successor.
            if (await isSucceeded(session, load, ctx.load.epoch)) return
            await dropStaged(session, load)
            await forgetSplits(session, load, loadId, ctx)
          })
        }, ctx.signal),
      )
    },
  })
}
