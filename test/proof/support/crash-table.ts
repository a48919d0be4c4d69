import { crashEveryPoint } from '@millrace/etl-testkit/cases'
import { describe, expect, it } from 'vitest'
import { type Draft, type Drafts, draftSchema, idAndNumber, shapes } from './drafts.js'
import { type SinkLine, sinks } from './sinks.js'
import { type SourceLine, sources } from './sources.js'

/** How much of the table is tried. */
export interface Effort {
  /** Every nth sink of its place with a source; the sources take turns, so that every sink is met. */
  readonly every: number
  /** Calls of each pair at which a process dies, and batches at which it is stopped. */
  points(source: SourceLine, sink: SinkLine): number
  /** Both shapes of every pair, or one that depends on the pair. */
  shapes(pair: number): readonly (keyof typeof shapes)[]
}

/** The whole series of one pair. Every process opens the parts anew, over data and a destination that outlive it. */
async function crashes(source: SourceLine, sink: SinkLine, drafts: Drafts, maxPoints: number) {
  const from = await source.serve(drafts)
  try {
    return await crashEveryPoint<unknown, Draft>({
      maxPoints,
      build: async () => {
        const into = await sink.serve()
        return {
          open: life => ({ source: from.open(life), ...into.open(life) }),
          read: async () => (await into.read()).map(idAndNumber),
          close: () => into.close(),
        }
      },
      steps: flow => flow.map(from.draftOf).validate(draftSchema),
    })
  } finally {
    await from.close()
  }
}

/** The crash points of every source into the sinks of some places. */
export function describeTable(places: readonly SinkLine['place'][], effort: Effort): void {
  const lines = sinks.filter(({ place }) => places.includes(place))
  describe.each(sources.map((source, number) => [source.name, source, number] as const))('from %s', (_, source, number) => {
    const turn = lines.filter((_, at) => at % effort.every === number % effort.every)

    it.each(turn.map((sink, at) => [sink.name, sink, number + at] as const))(
      'into %s: a crash at any call and a stop at any batch show in nothing',
      async (_name, sink, pair) => {
        for (const shape of effort.shapes(pair)) {
          const { failures, points } = await crashes(source, sink, shapes[shape] as Drafts, effort.points(source, sink))

          expect(failures, shape).toEqual([])
          expect(points.length).toBeGreaterThan(4)
        }
      },
      600_000,
    )
  })
}
