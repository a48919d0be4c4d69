import {
  type Checkpoint,
  guaranteeOf,
  memoryState,
  type Sink,
  type SinkCapabilities,
  type Source,
  type SourceCapabilities,
  type StateStore,
} from '@millrace/etl-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import { arraySource, type CrashOptions, crashEveryPoint, describeCrashes, memorySink } from '../src/index.js'

interface Row {
  readonly id: string
}

const rows = (name: string, count: number): Row[] => Array.from({ length: count }, (_, index) => ({ id: `${name}${index}` }))
const splits = { a: rows('a', 5), b: rows('b', 2), c: rows('c', 1) }

function memoryWorld(
  source: SourceCapabilities,
  sink: SinkCapabilities,
  over: Partial<CrashOptions<Row>> = {},
): CrashOptions<Row> {
  return {
    build: () => {
      const parts = {
        source: arraySource({ ...source, splits, group: { a: 'ab', b: 'ab' }, ...(over.trigger === null && { bookmark: 'b1' }) }),
        sink: memorySink<Row>({ ...sink, keyOf: row => row.id }),
        state: memoryState(),
      }
      return { open: () => parts, read: () => parts.sink.visible() }
    },
    ...over,
  }
}

const sources: SourceCapabilities[] = (['same', 'mayDiffer'] as const).flatMap(rereads =>
  [true, false].map(resumable => ({ rereads, resumable })),
)
const sinks: SinkCapabilities[] = (['append', 'merge', 'replace'] as const).flatMap(disposition =>
  (['flush', 'commit'] as const).flatMap(durableAt =>
    (['idempotent', 'duplicates'] as const).flatMap(replay =>
      (['outside', 'inTransaction'] as const).map(cursor => ({ disposition, durableAt, replay, cursor })),
    ),
  ),
)
const pairs = sources.flatMap(source => sinks.map(sink => ({ source, sink })))
const nameOf = ({ source, sink }: (typeof pairs)[number]) => [...Object.values(source), ...Object.values(sink)].join(' ')
const promising = (delivery: string) => pairs.filter(pair => guaranteeOf(pair.source, pair.sink, true).delivery === delivery)

const named = (list: typeof pairs) => list.map(pair => [nameOf(pair), pair] as const)

const long = process.env.MILLRACE_TEST_LONG !== undefined
const few = long ? {} : { maxPoints: 6 }

describe('with a trigger, exactly once holds at every crash point and stop', () => {
  const exactly = promising('exactly once')

  it.each(named(exactly))('%s', async (_, { source, sink }) => {
    // Every point of one pair that is usual, every tenth or so of the others; all of all in the long run.
    const usual = source.resumable && source.rereads === 'same' && sink.durableAt === 'flush' && sink.disposition === 'append'
    const whole = long || (usual && sink.replay === 'idempotent' && sink.cursor === 'outside')
    const report = await crashEveryPoint(memoryWorld(source, sink, whole ? {} : few))

    expect(report.failures).toEqual([])
    expect(report.delivery).toBe('exactly once')
    expect(report.points.length).toBeGreaterThan(whole ? 100 : 16)
  })
})

describe('without a trigger, bookmarks take its place', () => {
  const picked = promising('exactly once').filter(({ source, sink }) => source.resumable && sink.durableAt === 'flush')

  it.each(named(picked))('%s', async (_, { source, sink }) => {
    expect((await crashEveryPoint(memoryWorld(source, sink, { trigger: null, ...few }))).failures).toEqual([])
  })
})

describe('at least once loses nothing and makes nothing up', () => {
  const atLeast = promising('at least once')

  it.each(named(atLeast))('%s', async (_, { source, sink }) => {
    expect((await crashEveryPoint(memoryWorld(source, sink, few))).failures).toEqual([])
  })
})

it('only those moments are tried that were asked for, each asked for once and in its order', async () => {
  const sink = { disposition: 'append', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' } as const
  const asked: string[] = []
  const report = await crashEveryPoint(
    memoryWorld({ rereads: 'same', resumable: true }, sink, {
      only({ kind, call, when }) {
        asked.push(`${kind} ${when} ${call.on}.${call.name}`)
        return kind === 'stop' ? call.name === 'next' : when === 'after' && call.name === 'flush'
      },
    }),
  )

  expect(new Set(report.points.map(({ kind, when, at }) => `${kind} ${when} ${at.split(' ')[0]}`))).toEqual(
    new Set(['crash after writer.flush', 'stop before source.next']),
  )
  expect(asked.filter(moment => moment.startsWith('crash'))).toHaveLength(2 * report.calls)
  expect(asked.filter(moment => !/\.(next|write)$/.test(moment) && moment.startsWith('stop'))).toEqual([])
})

describe('the crash points find', () => {
  const appending = { disposition: 'append', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' } as const
  const failuresOf = async (options: CrashOptions<Row>) => (await crashEveryPoint(options)).failures

  it('a sink that duplicates on replay although it says it does not', async () => {
    const build = () => {
      const sink = memorySink<Row>({ ...appending, replay: 'duplicates' })
      const claims = { ...sink, capabilities: { ...sink.capabilities, replay: 'idempotent' as const } }
      const ends = { source: arraySource({ splits }), sink: claims, state: memoryState() }
      return { open: () => ends, read: () => sink.visible() }
    }

    const failures = await failuresOf({ build })

    expect(failures.map(({ at, when }) => `${when} ${at}`)).toContain('after writer.flush a')
    expect(failures[0]?.failure).toMatch(/too many: {"id":"a0"}/)
  })

  it('a sink that acknowledges what it has not kept', async () => {
    const build = () => {
      const sink = memorySink<Row>({ ...appending, durableAt: 'commit' })
      const hasty: Sink<Row> = {
        ...sink,
        capabilities: { ...sink.capabilities, durableAt: 'flush' },
        open: async ctx => {
          const writer = await sink.open(ctx)
          let last: Checkpoint | undefined
          return {
            ...writer,
            write: async batch => {
              last = batch.checkpoint
              return writer.write(batch)
            },
            flush: async () => last,
          }
        },
      }
      const ends = { source: arraySource({ splits }), sink: hasty, state: memoryState() }
      return { open: () => ends, read: () => sink.visible() }
    }

    expect((await failuresOf({ build }))[0]?.failure).toMatch(/missing: {"id":"a0"}/)
  })

  it('a source that skips a record when it goes on', async () => {
    const build = () => {
      const source = arraySource({ splits })
      const skipping: Source<Row> = {
        ...source,
        read: (split, from, ctx) => source.read(split, typeof from === 'number' ? from + 1 : from, ctx),
      }
      const ends = { source: skipping, sink: memorySink<Row>(appending), state: memoryState() }
      return { open: () => ends, read: () => ends.sink.visible() }
    }

    const failures = await failuresOf({ build })

    expect(failures.map(point => point.kind)).toEqual(expect.arrayContaining(['crash', 'stop']))
    expect(failures[0]?.failure).toMatch(/missing/)
  })

  it('state that forgets', async () => {
    const build = () => {
      const ends = {
        source: arraySource({ splits }),
        sink: memorySink<Row>({ ...appending, replay: 'duplicates' }),
        state: memoryState(),
      }
      const claims = { ...ends.sink, capabilities: { ...appending } }
      return { open: () => ({ ...ends, sink: claims, state: memoryState() }), read: () => ends.sink.visible() }
    }

    expect((await failuresOf({ build })).length).toBeGreaterThan(10)
  })

  it('nothing where rejects are stored once, through a filter and a sink that refuses', async () => {
    const build = () => {
      const sink = memorySink<Row>({ ...appending, refuse: row => (row.id === 'a3' ? 'no' : undefined) })
      const ends = { source: arraySource({ splits }), sink, state: memoryState() }
      return { open: () => ends, read: () => ends.sink.visible() }
    }

    const report = await crashEveryPoint({ build, steps: flow => flow.filter(row => row.id !== 'a0') })

    expect(report.failures).toEqual([])
    expect(report.points.some(point => point.at.startsWith('state.save rejects/'))).toBe(true)
  })

  it('rejects that are lost', async () => {
    const build = () => {
      const sink = memorySink<Row>({ ...appending, refuse: row => (row.id === 'a3' ? 'no' : undefined) })
      const state = memoryState()
      let opened = 0
      // Lost once another process has come: an undisturbed run is looked at before.
      const lossy: StateStore = {
        ...state,
        list: prefix => (prefix.startsWith('rejects/') && opened >= 3 ? memoryState().list('') : state.list(prefix)),
      }
      return {
        open: () => ({ source: arraySource({ splits }), sink, state: ++opened > 2 ? lossy : state }),
        read: () => sink.visible(),
      }
    }

    expect((await failuresOf({ build }))[0]?.failure).toMatch(/the stored rejects/)
  })
})

describe('everything that can happen to a process harms nothing', () => {
  const kinds = ['crash', 'stop', 'outage', 'failure', 'pause', 'company'] as const
  const old = ['a0', 'a1', 'a2']
  const story = (sink: Partial<SinkCapabilities>): CrashOptions<Row> => ({
    kinds,
    build() {
      const parts = { sink: memorySink<Row>(sink), state: memoryState() }
      let now: Record<string, Row[]> = { a: rows('a', 3), b: rows('b', 2) }
      return {
        open: () => ({ ...parts, source: arraySource({ splits: now, group: { a: 'a', b: 'b', 'b-2': 'b' } }) }),
        read: () => parts.sink.visible(),
        next: () => {
          now = { 'b-2': rows('new', 3) }
        },
      }
    },
    steps: flow => flow.validate(saying(row => row.id !== 'a1' && row.id !== 'new1')),
    mended: flow => flow,
    ...few,
  })

  it.each<[string, Partial<SinkCapabilities>, string[]]>([
    ['appends', {}, [...old, 'b0', 'b1', 'new0', 'new1', 'new2']],
    ['keeps the cursor in its transaction', { cursor: 'inTransaction' }, [...old, 'b0', 'b1', 'new0', 'new1', 'new2']],
    // The source no longer has group a: what it rejected stays rejected.
    ['replaces', { disposition: 'replace' }, ['a0', 'a2', 'new0', 'new1', 'new2']],
  ])('over two loads and a replay, into a sink that %s', async (_, sink, expected) => {
    const report = await crashEveryPoint({ ...story(sink), expected: expected.map(id => ({ id })) })

    expect(report.undisturbed).toBeUndefined()
    expect(report.failures).toEqual([])
    expect([...new Set(report.points.map(point => point.kind))]).toEqual(kinds)
  })

  it('and says what is wrong even where nothing happens', async () => {
    const report = await crashEveryPoint({ ...story({}), expected: [{ id: 'a0' }], kinds: [] })

    expect(report.undisturbed).toMatch(/expected 1 records and found 8/)
  })
})

/** A schema that takes what fits. */
function saying(fits: (row: Row) => boolean): StandardSchemaV1<Row, Row> {
  const validate = (row: unknown) => (fits(row as Row) ? { value: row as Row } : { issues: [{ message: 'it does not fit' }] })
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

describeCrashes('an array into memory, through a step', {
  build: () => {
    const parts = { source: arraySource({ splits }), sink: memorySink<{ key: string }>(), state: memoryState() }
    return { open: () => parts, read: () => parts.sink.visible() }
  },
  steps: flow => flow.map(row => ({ key: row.id })),
  maxPoints: 10,
  ordered: true,
})
