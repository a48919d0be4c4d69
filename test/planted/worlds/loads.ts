import { memoryState } from '@millrace/etl-core'
import {
  arraySource,
  type CrashKind,
  type CrashOptions,
  crashCases,
  type MemorySinkOptions,
  memorySink,
  type SinkSuite,
  sinkCases,
} from '@millrace/etl-testkit/cases'
import * as z from 'zod'
import type { Suites } from '../suites.js'

interface Row {
  readonly id: string
}

const row = (id: string): Row => ({ id })
const rows = (...ids: readonly string[]): Row[] => ids.map(row)

/** Everything but what is named here is taken. */
const refusing = (...ids: readonly string[]) => z.object({ id: z.string().refine(id => !ids.includes(id), 'it is refused') })

const splits = { a: rows('a0', 'a1', 'a2'), b: rows('b0'), c: rows('c0', 'c1') }
const arrived = rows('a0', 'a1', 'b0', 'c0', 'c1')

/** Two groups, of two splits and of one; one record is rejected. */
function load(
  sink: MemorySinkOptions<Row>,
  kinds: readonly CrashKind[],
  over: Partial<CrashOptions<Row>> = {},
): CrashOptions<Row> {
  return {
    kinds,
    expected: arrived,
    steps: flow => flow.validate(refusing('a2')),
    build() {
      const ends = {
        source: arraySource({ splits, group: { a: 'ab', b: 'ab' } }),
        sink: memorySink<Row>({ keyOf: each => each.id, ...sink }),
        state: memoryState(),
      }
      return { open: () => ends, read: () => ends.sink.visible() }
    },
    ...over,
  }
}

/** A source that is read again in another order, in batches of another size: a reject is then of another batch. */
const shuffled: Partial<CrashOptions<Row>> = {
  expected: rows('a0', 'a1', 'a3', 'a4', 'a5', 'a6'),
  build() {
    const all = { a: rows('a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6') }
    const ends = {
      source: arraySource({ splits: all, rereads: 'mayDiffer' }),
      sink: memorySink<Row>({ disposition: 'merge', keyOf: each => each.id }),
      state: memoryState(),
    }
    return { open: () => ends, read: () => ends.sink.visible() }
  },
}

/** The same split twice, with what is new the second time; then a replay of what was rejected. */
const twice: Partial<CrashOptions<Row>> = {
  steps: flow => flow.validate(refusing('a1')),
  expected: rows('a0', 'a1', 'b0', 'b1'),
  mended: flow => flow,
  build() {
    const ends = { sink: memorySink<Row>(), state: memoryState() }
    let now = rows('a0', 'a1')
    return {
      open: () => ({ ...ends, source: arraySource({ splits: { log: now } }) }),
      read: () => ends.sink.visible(),
      next: () => {
        now = rows('b0', 'b1')
      },
    }
  },
}

const transaction = { cursor: 'inTransaction', replay: 'duplicates' } as const

const ownSink: SinkSuite<Row> = {
  record: i => row(`r${i}`),
  open() {
    const sink = memorySink<Row>({ cursor: 'inTransaction' })
    return { sink, readBack: () => sink.visible() }
  },
}

/** Loads from arrays into memory: what they find, they find in the runner. */
export const suites: Suites = {
  'a load that appends': () => crashCases(load({}, ['crash', 'stop'])),
  'a load that replaces': () => crashCases(load({ disposition: 'replace' }, ['crash', 'stop'])),
  'a load that keeps the cursor in the transaction': () => crashCases(load(transaction, ['crash'])),
  'a load that merges what comes in another order': () => crashCases(load({}, ['crash'], shuffled)),
  'two loads and a replay': () => crashCases(load({}, ['crash'], twice)),
  'a load with outages': () => crashCases(load({}, ['outage'])),
  'a load with a split that fails': () => crashCases(load({ disposition: 'replace' }, ['failure'])),
  'a load that is not alone': () => crashCases(load({}, ['pause', 'company'])),
  'a sink with its cursor in the transaction': () => sinkCases(ownSink),
}
