import { describe, expect, it } from 'vitest'
import {
  definePipeline,
  discardRejects,
  type Flow,
  from,
  inspectState,
  listRejects,
  RecordError,
  type RejectFilter,
  replayRejects,
  type Sink,
} from '../src/index.js'
import { documents, dyingState, eager, memoryState, numbers, parts, rejectsIn, runNumbers, table, untilDeath } from './world.js'

const refusing =
  (...bad: number[]) =>
  (flow: Flow<number>) =>
    flow.map(x => {
      if (bad.includes(x)) throw new RecordError('ETL_RECORD_INVALID', `no ${x}`)
      return x
    })
const splits = { a: [1, 2, 3], b: [4, 5, 6] }
const later = { now: () => Date.now() + 3_600_000 }

/** Replays numbers through steps. */
function replay(
  source: ReturnType<typeof numbers>['source'],
  sink: Sink<number>,
  options: Parameters<typeof replayRejects>[3],
  steps: (flow: Flow<number>) => Flow<number> = flow => flow,
  filter: RejectFilter = {},
) {
  const pipeline = definePipeline({ name: 'numbers', build: () => steps(from(source)).into(sink) })
  return replayRejects(pipeline, {}, filter, { ...eager, ...options })
}

describe('replay into a sink that replaces groups', () => {
  it("loads the rejects' groups again through today's code, and only those; a second replay finds none", async () => {
    const state = memoryState()
    const { sink, published } = parts()
    await runNumbers(numbers({ splits, bookmark: 'm' }).source, sink, { state }, refusing(2))
    const before = { ...published }
    const again = numbers({ splits, bookmark: 'm' })

    const report = await replay(again.source, sink, { state })
    const second = await replay(numbers({ splits, bookmark: 'm' }).source, sink, { state })

    expect(before).toEqual({ a: [1, 3], b: [4, 5, 6] })
    expect(published).toEqual({ a: [1, 2, 3], b: [4, 5, 6] })
    expect(again.asked.reads).toEqual(['a@0'])
    expect(report).toMatchObject({ status: 'succeeded', groups: [{ group: 'a', status: 'published' }] })
    expect(second).toMatchObject({ status: 'unchanged', reason: 'no rejects to replay' })
    expect(await rejectsIn(state)).toEqual([])
    expect(Object.keys(await documents(state))).toEqual(['bookmarks', 'head'])
  })

  it('keeps bookmarks: the next run finds nothing new', async () => {
    const state = memoryState()
    const { sink } = parts()
    const source = () => numbers({ splits, bookmark: 'm' }).source
    await runNumbers(source(), sink, { state }, refusing(2))
    await replay(source(), sink, { state })

    expect((await runNumbers(source(), sink, { state })).status).toBe('unchanged')
  })

  it('what is rejected again is a new reject of the replay', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    await runNumbers(numbers({ splits }).source, sink, { state }, refusing(2, 3))

    const report = await replay(numbers({ splits }).source, sink, { state }, refusing(3))

    expect(published.a).toEqual([1, 2])
    expect(await rejectsIn(state)).toMatchObject([{ raw: 3, loadId: report.loadId }])
  })

  it('leaves rejects of a group that the source no longer has, and says so', async () => {
    const state = memoryState()
    const { sink } = parts()
    await runNumbers(numbers({ splits }).source, sink, { state }, refusing(2))

    const report = await replay(numbers({ splits: { b: [4] } }).source, sink, { state })

    expect(report.reason).toContain('The source no longer has a')
    expect(await rejectsIn(state)).toHaveLength(1)
  })
})

describe('replay into a sink that appends', () => {
  it('runs the raw records again, once, and leaves what still fails', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    await runNumbers(numbers({ splits }).source, sink, { state }, refusing(2, 5, 6))

    const report = await replay(numbers({ splits }).source, sink, { state }, refusing(6))

    expect([...rows].sort()).toEqual([1, 2, 3, 4, 5])
    expect(report.counts).toMatchObject({ read: 3, written: 2, rejected: 1 })
    expect(await rejectsIn(state)).toMatchObject([{ raw: 6, loadId: report.loadId }])
  })

  it('takes only those that fit the filter', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    await runNumbers(numbers({ splits }).source, sink, { state }, refusing(2, 3, 5))

    await replay(numbers({ splits }).source, sink, { state }, flow => flow, { group: 'a', reason: 'no 3' })

    expect([...rows].sort()).toEqual([1, 3, 4, 6])
    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([2, 5])
  })

  it('interrupted at any state write and asked for again, doubles and loses nothing', async () => {
    let deaths = 0
    for (let atWrite = 0; ; atWrite++) {
      const state = memoryState()
      const { sink, rows } = table()
      await runNumbers(numbers({ splits }).source, sink, { state }, refusing(2, 3, 5))
      const dying = dyingState(state, atWrite)
      const source = () => numbers({ splits }).source
      if ((await untilDeath(replay(source(), sink, { state: dying.state }, refusing(3)), dying.died)) !== 'died') break
      deaths++

      await replay(source(), sink, { state, clock: later }, refusing(3), { reason: 'no 2' })
      await replay(source(), sink, { state, clock: later }, refusing(3), { reason: 'no 5' })

      expect([...rows].sort(), `write ${atWrite}`).toEqual([1, 2, 4, 5, 6])
      expect(
        (await rejectsIn(state)).map(({ raw }) => raw),
        `write ${atWrite}`,
      ).toEqual([3])
    }
    expect(deaths).toBeGreaterThan(8)
  })

  it('gives a source that revives its records the chance to', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    await runNumbers(numbers({ splits }).source, sink, { state }, refusing(2))
    const reviving = { ...numbers({ splits }).source, revive: (raw: unknown) => Number(raw) * 100 }

    await replay(reviving, sink, { state })

    expect(rows).toContain(200)
  })
})

describe('what is not replayed, because it would double', () => {
  it('a record of which a part has arrived stays, unless the sink merges', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    const refusing71: Sink<number> = {
      ...sink,
      open: async ctx => {
        const writer = await sink.open(ctx)
        return {
          ...writer,
          write: async batch => {
            const all = batch.rows.toArray()
            const bad = all.flatMap((x, row) => (x === 71 ? [row] : []))
            await writer.write({ ...batch, rows: { length: 0, toArray: () => all.filter(x => x !== 71) } })
            return { rejected: bad.map(row => ({ row, error: new RecordError('ETL_RECORD_REFUSED', 'no 71') })) }
          },
        }
      },
    }
    const three = (flow: Flow<number>) => flow.flatMap(x => [x * 10, x * 10 + 1, x * 10 + 2])
    await runNumbers(numbers({ splits: { a: [7] } }).source, refusing71, { state }, three)

    const report = await replay(numbers({ splits: { a: [7] } }).source, sink, { state }, three)

    expect(rows).toEqual([70, 72])
    expect(report.reason).toContain('of which a part has arrived')
    expect(await rejectsIn(state)).toHaveLength(1)
  })

  it('a record with several refused rows is one reject', async () => {
    const state = memoryState()
    const { sink } = parts({ refuse: () => true })

    const report = await runNumbers(numbers({ splits: { a: [7] } }).source, sink, { state }, flow => flow.flatMap(x => [x, x]))

    expect(report.counts).toMatchObject({ read: 1, written: 0, rejected: 1 })
    expect((await rejectsIn(state))[0]?.issues).toHaveLength(2)
  })

  it('rejects of a group that failed are kept to look at, and go when the group is published', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    const source = () => numbers({ splits: { a: [1, 2, 2, 3, 4] }, bookmark: 'm' }).source
    await runNumbers(source(), sink, { state, maxRejects: 1 }, refusing(2))
    const kept = await rejectsIn(state)
    rows.length = 0

    const nothing = await replay(source(), sink, { state })
    await runNumbers(source(), sink, { state })

    expect(kept).toHaveLength(2)
    expect(nothing.reason).toContain('read again as a whole')
    expect(await rejectsIn(state)).toEqual([])
    expect(rows).toEqual([1, 2, 2, 3, 4])
  })

  it('older rejects of a group that was replaced are gone: they are not missing any more', async () => {
    const state = memoryState()
    const { sink } = parts()
    await runNumbers(numbers({ splits, bookmark: 'm1' }).source, sink, { state }, refusing(2, 5))

    await runNumbers(numbers({ splits, bookmark: 'm2' }).source, sink, { state }, refusing(5))

    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([5])
  })
})

describe('a replay and other loads', () => {
  it('an unfinished load is finished first, then the replay is made', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const stop = new AbortController()
    const stopping = numbers({ splits, before: (split, at) => (split === 'b' && at === 2 ? stop.abort() : undefined) })
    await runNumbers(stopping.source, sink, { state, signal: stop.signal }, refusing(2))

    const report = await replay(numbers({ splits }).source, sink, { state })

    expect(report.status).toBe('succeeded')
    expect(published).toEqual(splits)
    expect(await rejectsIn(state)).toEqual([])
  })

  it('an interrupted replay is finished by the next run, which then does its own', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    await runNumbers(numbers({ splits, bookmark: 'm1' }).source, sink, { state }, refusing(2))
    const dying = dyingState(state, 4)
    await untilDeath(replay(numbers({ splits, bookmark: 'm1' }).source, sink, { state: dying.state }), dying.died)

    const report = await runNumbers(numbers({ splits: { a: [7] }, bookmark: 'm2' }).source, sink, { state, clock: later })

    expect(report.status).toBe('succeeded')
    expect([...rows].sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(Object.keys((await inspectState(state)).groups).sort()).toEqual(['a', 'b'])
  })
})

describe('rejects', () => {
  it('are found by load, group, split, stage, issue and reason', async () => {
    const state = memoryState()
    const first = await runNumbers(numbers({ splits }).source, parts().sink, { state }, refusing(2, 5))
    await runNumbers(numbers({ splits: { c: [3, 7] } }).source, parts({ refuse: x => x === 3 }).sink, { state })
    const found = async (filter: RejectFilter) => {
      const raws: unknown[] = []
      for await (const { raw } of listRejects(state, filter)) raws.push(raw)
      return raws.sort()
    }

    expect(await found({})).toEqual([2, 3, 5])
    expect(await found({ loadId: first.loadId })).toEqual([2, 5])
    expect(await found({ group: 'a' })).toEqual([2])
    expect(await found({ split: 'b' })).toEqual([5])
    expect(await found({ stage: 'map' })).toEqual([2, 5])
    expect(await found({ stage: '1 map' })).toEqual([2, 5])
    expect(await found({ issue: 'ETL_RECORD_REFUSED' })).toEqual([3])
    expect(await found({ reason: 'no 5' })).toEqual([5])
  })

  it('are discarded for good, one by one or all', async () => {
    const state = memoryState()
    await runNumbers(numbers({ splits: { a: [1, 2, 3, 4] } }).source, parts().sink, { state }, refusing(1, 2, 4))

    const some = await discardRejects(state, { reason: 'no 1' })
    const left = (await rejectsIn(state)).map(({ raw }) => raw)
    const rest = await discardRejects(state, {})

    expect([some, left, rest]).toEqual([1, [2, 4], 2])
    expect(Object.keys(await documents(state)).filter(key => key.startsWith('rejects/'))).toEqual([])
  })
})
