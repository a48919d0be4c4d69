import { type CrashReport, crashEveryPoint } from '@millrace/etl-testkit/cases'
import { describe, expect, it } from 'vitest'
import { listWorkspaces } from '../../tools/workspaces.mjs'
import { type Draft, type Drafts, draftSchema, idAndNumber, shapes } from './support/drafts.js'
import { type SinkLine, sinks } from './support/sinks.js'
import { type SourceLine, sources } from './support/sources.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined

/**
 * The normal run meets every place, layout and set of capabilities, each from some of the sources in turn; the long run meets all pairs.
 * Runs against a place cost a hundred times what they cost in memory.
 */
const effort = long
  ? { memory: { every: 1, points: 40 }, folder: { every: 1, points: 12 }, bucket: { every: 1, points: 8 } }
  : { memory: { every: 3, points: 5 }, folder: { every: 4, points: 3 }, bucket: { every: 4, points: 3 } }

/** The sinks whose turn it is with a source. */
const sinksFor = (sourceNumber: number): readonly SinkLine[] =>
  sinks.filter((sink, at) => {
    const { every } = effort[sink.place]
    return at % every === sourceNumber % every
  })

/** Both shapes in the long run, else they take turns. */
const shapesOf = (number: number) => Object.entries(shapes).filter((_, at) => long || at === number % 2)

/** The whole series of one pair. Every process opens the parts anew, over data and a destination that outlive it. */
async function crashes(source: SourceLine, sink: SinkLine, drafts: Drafts, maxPoints: number): Promise<CrashReport> {
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

describe.each(sources.map((source, number) => [source.name, source, number] as const))('from %s', (_, source, number) => {
  it.each(sinksFor(number).map((sink, at) => [sink.name, sink, at] as const))(
    'into %s: a crash at any call and a stop at any batch show in nothing',
    async (_name, sink, at) => {
      for (const [name, drafts] of shapesOf(number + at)) {
        const { failures, points } = await crashes(source, sink, drafts, effort[sink.place].points)

        expect(failures, name).toEqual([])
        expect(points.length).toBeGreaterThan(4)
      }
    },
    180_000,
  )
})

it('the table has a line for every package that is a source or a sink', () => {
  const named = listWorkspaces()
    .map(({ path }) => path.replace(/^packages\//, ''))
    .filter(name => /^(source|sink)-/.test(name))

  expect([...sources, ...sinks].flatMap(({ of }) => of ?? [])).toEqual(expect.arrayContaining(named))
})
