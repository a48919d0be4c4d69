import { type CrashKind, type CrashReport, crashEveryPoint } from '@millrace/etl-testkit/cases'
import { describe, expect, it } from 'vitest'
import { type Draft, draftSchema, shapes } from './drafts.js'
import { isEndOfChange, type Moment } from './moments.js'
import type { SinkLine, SinkParts } from './sink-line.js'
import { sinks } from './sinks.js'
import type { SourceLine } from './source-line.js'
import { sources } from './sources.js'

/** How much is tried with each pair of the table: at most so many moments of each kind, with each pair the next ones. */
export interface Effort {
  /** After a call that changes something the process dies. */
  readonly deaths: number
  /** At a batch read or written the process is stopped. */
  readonly stops: number
  /** A call fails, or the process sleeps there, or has company; code fails at a batch. */
  readonly others: number
  /** Both shapes with every pair, or one with the first, the other with the second. */
  readonly bothShapes: boolean
  /** Of the pairs so many that each source and each sink is in one, and not every pair there is. */
  readonly eachOnce?: true
}

const all = Number.POSITIVE_INFINITY

/** Where a run takes some hundred milliseconds: all in the long run, and otherwise a sample. */
export const placesEffort: Effort = process.env.MILLRACE_TEST_LONG
  ? { deaths: all, stops: all, others: 2, bothShapes: true }
  : { deaths: 1, stops: 1, others: 0, bothShapes: false, eachOnce: true }

interface Pair {
  readonly source: SourceLine
  readonly sink: SinkLine
  readonly number: number
}

/** Every process opens the parts anew, over data and a destination that outlive it. */
async function tryPair({ source, sink, number }: Pair, shape: keyof typeof shapes, effort: Effort): Promise<CrashReport> {
  const from = await source.serve(shapes[shape])
  let parts: SinkParts | undefined
  try {
    return await crashEveryPoint<unknown, Draft>({
      kinds: ['crash', 'stop', ...(effort.others === 0 ? [] : otherKinds)],
      only: tellsApart(sink),
      maxPoints: mostOf(effort),
      sample: number,
      build: async () => {
        const into = await sink.serve()
        return {
          open(life) {
            parts = into.open(life)
            return { source: from.open(life), sink: parts.sink, state: parts.state }
          },
          read: () => into.read(),
          close: after => into.close(after),
        }
      },
      steps: flow => flow.map(from.draftOf).validate(draftSchema, parts?.rejectsTo && { rejectsTo: parts.rejectsTo }),
    })
  } finally {
    await from.close()
  }
}

const otherKinds: readonly CrashKind[] = ['outage', 'failure', 'pause', 'company']

/** A death is tried where those who come after it can tell, and everything else anywhere. */
function tellsApart({ place }: SinkLine): (moment: Moment) => boolean {
  const isChanged = isEndOfChange(place === 'memory' || place === 'database' ? 'calls' : 'store')
  return moment => moment.kind !== 'crash' || isChanged(moment)
}

function mostOf({ deaths, stops, others }: Effort): Readonly<Partial<Record<CrashKind, number>>> {
  return { crash: deaths, stop: stops, ...Object.fromEntries(otherKinds.map(kind => [kind, others])) }
}

/** Every source into every sink of some places. */
export function describeTable(places: readonly SinkLine['place'][], effort: Effort): void {
  const lines = sinks.filter(({ place }) => places.includes(place))
  for (const [row, source] of sources.entries()) {
    describe.concurrent(`from ${source.name}: whatever happens to a process, the next one ends as if it had not`, () => {
      for (const [column, sink] of lines.entries()) {
        const pair: Pair = { source, sink, number: row * lines.length + column }
        it.for(shapesOf(row + (column >> 1), effort))(
          `into ${sink.name}, %s`,
          { timeout: 1_800_000 },
          async (shape, { skip }) => {
            if (effort.eachOnce && !isDiagonal(row, column, lines.length))
              skip('each source and each sink once is enough by day; all pairs are tried in the long run')
            const { failures, points } = await tryPair(pair, shape, effort)

            expect(failures).toEqual([])
            expect(points.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['crash', 'stop']))
          },
        )
      }
    })
  }
}

/** The longer side of the table once, along the shorter one again and again. */
const isDiagonal = (row: number, column: number, columns: number): boolean =>
  columns < sources.length ? column === row % columns : row === column % sources.length

/** Both; or one with one pair and the other with the next, along rows and columns of the table. */
function shapesOf(turn: number, { bothShapes }: Effort): readonly (keyof typeof shapes)[] {
  const names = Object.keys(shapes) as (keyof typeof shapes)[]
  return names.filter((_, at) => bothShapes || at === turn % names.length)
}
