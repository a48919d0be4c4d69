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
import { duckdbRules } from '../rules.js'
import type { Session } from '../session.js'
import { directLoading } from './loading.js'
import { dropStaged, groupStillThere, publishGroup, stagedLoading, surveyGroup } from './replace.js'
import { schemaWork } from './schema-check.js'
import { createBooks, forgetSplits, isSucceeded, type Part, takeSplit } from './splits.js'
import { bytesTogether, splitWriter } from './writer.js'

/** A sink for one table. */
export function tableSink<T>(database: Database, home: StateHome, options: TableSinkOptions<T>): Sink<T> {
  return sinkFor(database, home, '', tableShape(options, duckdbRules))
}

/** A sink for related tables. */
export function relatedSink<T>(database: Database, home: StateHome, options: RelatedTablesOptions<T>): Sink<T> {
  return sinkFor(database, home, '', relatedShape(options, duckdbRules))
}

function sinkFor<T>(database: Database, home: StateHome, part: Part, shape: SinkShape): Sink<T> {
  const { disposition, names } = shape
  const { place } = home
  const replaces = disposition === 'replace'
  let planned: RelationalPlan | undefined
  let sameAgain = false
  const plan = (): RelationalPlan => {
    planned ??= shape.plan({})
    return planned
  }
  const action = (doing: string) => ({ side: 'sink', place, doing }) as const
  const made: Made = { at: -1, strict: false, refused: false }

  /** Makes what is missing, once for each time the file is opened. */
  const make = async (session: Session) => {
    if (made.at === database.openings) return
    const work = await schemaWork(session, plan(), place)
    for (const sql of [...work.statements, ...createBooks]) await session.run(sql)
    made.strict = work.strict
  }
  const loadingOf = (ctx: SplitContext) => (replaces ? stagedLoading(plan(), part, ctx) : directLoading(plan(), ctx))

  return Object.freeze<Sink<T>>({
    name: 'duckdb',
    capabilities: {
      disposition,
      durableAt: 'flush',
      // A batch that comes again is passed over. Where its source may give other records then, an appended one is there twice, as the
      // guarantee of such a pair says; of a replaced group what waits is dropped.
      replay: 'idempotent',
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
      sameAgain = facts.source?.rereads === 'same'
    },
    apart: name => sinkFor(database, home, name, shape),

    async survey(splits, ctx) {
      const found = await translated(action(`look at ${names.join(', ')}`), () =>
        database.read(async session => {
          await schemaWork(session, plan(), place)
          return replaces ? surveyGroup(session, plan(), splits) : null
        }, ctx.signal),
      )
      return found ?? (replaces ? { load: null } : null)
    },

    async open(ctx) {
      const loading = loadingOf(ctx)
      const borrowed = await translated(action('open the file'), () => database.borrow(ctx.signal))
      try {
        const held = await translated(action(`begin split "${ctx.split.id}"`), () =>
          database.write(
            async session => {
              await make(session)
              await loading.begin?.(session)
              return takeSplit(session, part, ctx)
            },
            ctx.signal,
            borrowed.connection,
          ),
        )
        made.at = database.openings
        // The rows of a replaced group wait in a table without constraints.
        const mayRefuse = made.refused || (made.strict && !replaces)
        return await splitWriter<T>({
          ...{ database, place, plan: plan(), loading, borrowed, held, ctx },
          readRow: rowReader(plan(), duckdbRules),
          sameAgain,
          // What is in one transaction decides what history sees: batches must not be put together by chance.
          oneByOne: mayRefuse || plan().tables.some(({ history }) => history !== undefined),
          mayRefuse,
          refusesRows() {
            made.refused = true
          },
        })
      } catch (error) {
        borrowed.release(false)
        throw error
      }
    },

    ...(replaces && {
      async publish(group, ctx) {
        await translated(action(`publish group "${group.name}"`), () =>
          database.write(session => publishGroup(session, plan(), part, group, ctx), ctx.signal),
        )
        return {}
      },
      stillPublished: async (group, ctx) =>
        (await translated(action(`look at group "${group}"`), () =>
          database.read(session => groupStillThere(session, plan(), group), ctx.signal),
        )) ?? false,
    }),

    async discard(loadId, ctx) {
      await translated(action(`clean up after load ${loadId}`), async () => {
        if (!(await database.exists())) return
        await database.write(async session => {
          for (const sql of createBooks) await session.run(sql)
          // Who was succeeded leaves cleaning up to the successor.
          if (await isSucceeded(session, part, ctx.pipeline, { loadId, epoch: ctx.load.epoch })) return
          await dropStaged(session, part, ctx.pipeline, loadId)
          await forgetSplits(session, part, loadId, ctx)
        }, ctx.signal)
      })
    },
  })
}

/** What was made sure of. */
interface Made {
  /** The opening of the file it holds for. */
  at: number
  /** Tables have constraints of their own. */
  strict: boolean
  /** A row was refused that nobody expected to be. */
  refused: boolean
}
