import { describe, expect, it } from 'vitest'
import { inspectState, RecordError, SourceError, StateError } from '../src/index.js'
import {
  documents,
  dyingState,
  eager,
  keysLeft,
  memoryState,
  movedClock,
  numbers,
  parts,
  rejectsIn,
  runNumbers,
  table,
  untilDeath,
} from './world.js'

const later = { now: () => Date.now() + 3_600_000 }

describe('a load', () => {
  it('publishes what it read and leaves nothing unfinished in state', async () => {
    const state = memoryState()
    const { sink, published } = parts()

    const report = await runNumbers(numbers({ splits: { a: [1, 2, 3] }, bookmark: 'm1' }).source, sink, { state })

    expect(report).toMatchObject({ status: 'succeeded', counts: { read: 3, written: 3, batches: 2 } })
    expect(published).toEqual({ a: [1, 2, 3] })
    expect(Object.keys(await documents(state))).toEqual(['bookmarks', 'head'])
  })

  it('that finds nothing new writes nothing, not even who looked', async () => {
    const state = memoryState()
    const { sink, calls } = parts()
    await runNumbers(numbers({ splits: { a: [1] }, bookmark: 'm1' }).source, sink, { state })
    const before = await documents(state)
    calls.length = 0

    const report = await runNumbers(numbers({ splits: { a: [1] }, bookmark: 'm1' }).source, sink, { state })

    expect(report).toMatchObject({ status: 'unchanged', groups: [{ group: 'a', status: 'unchanged' }] })
    expect(await documents(state)).toEqual(before)
    expect(calls).toEqual([])
  })

  it('a second scheduled load never reuses a batch id', async () => {
    const state = memoryState()
    const { sink, ids } = parts()
    const again = () => runNumbers(numbers({ splits: { a: [1, 2, 3] } }).source, sink, { state })

    await again()
    await again()

    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(4)
  })

  it('a resumed load never plans again', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const dying = dyingState(state, 4)
    await untilDeath(runNumbers(numbers({ splits: { a: [1, 2, 3, 4] } }).source, sink, { state: dying.state }), dying.died)
    const other = numbers({ splits: { a: [1, 2, 3, 4], b: [9] } })

    const report = await runNumbers(other.source, sink, { state, clock: later })

    expect(other.asked.plans).toBe(0)
    expect(report).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(published).toEqual({ a: [1, 2, 3, 4] })
  })

  it('a rule that depends on now decides the same after a resume', async () => {
    const state = memoryState()
    const clock = movedClock()
    const { sink, published } = parts()
    const stop = new AbortController()
    const source = (stopAt: number) =>
      numbers({ splits: { a: [1, 2, 3, 4] }, before: (_, at) => (at === stopAt ? stop.abort() : undefined) }).source
    const stamped = (flow: Parameters<NonNullable<Parameters<typeof runNumbers>[3]>>[0]) =>
      flow.map((_, ctx) => ctx.load.startedAtMs)
    await runNumbers(source(2), sink, { state, clock, signal: stop.signal }, stamped)
    clock.advance(86_400_000)

    await runNumbers(source(-1), sink, { state, clock }, stamped)

    expect(new Set(published.a)).toEqual(new Set([Date.UTC(2026, 0, 1)]))
    expect(published.a).toHaveLength(4)
  })

  it('ends like an undisturbed one after a crash at any state write', async () => {
    let crashes = 0
    for (const durableAt of ['flush', 'commit'] as const) {
      for (let atWrite = 0; ; atWrite++) {
        const state = memoryState()
        const { sink, published } = parts({ durableAt })
        const source = () => numbers({ splits: { a: [1, 2, 3, 4], b: [5, 6] }, group: 'g', bookmark: 'm' }).source
        const dying = dyingState(state, atWrite)
        if ((await untilDeath(runNumbers(source(), sink, { state: dying.state }), dying.died)) !== 'died') break
        crashes++

        await runNumbers(source(), sink, { state, clock: later })

        expect(published, `write ${atWrite}, durable at ${durableAt}`).toEqual({ g: [1, 2, 3, 4, 5, 6] })
        expect(Object.keys(await documents(state)), `write ${atWrite}`).toEqual(['bookmarks', 'head'])
      }
    }
    expect(crashes).toBeGreaterThan(20)
  })

  it('saves the checkpoint the sink acknowledged, never a later one, with the counts that belong to it', async () => {
    const records = [1, 2, 3, 4, 5, 6, 7]
    for (let at = 2; at < records.length; at += 2) {
      const state = memoryState()
      const stop = new AbortController()
      const { sink, published } = parts({ lags: true })
      const before = (_: string, read: number) => (read === at ? stop.abort() : undefined)
      await runNumbers(numbers({ splits: { a: records }, before }).source, sink, { state, signal: stop.signal })
      const saved = (await inspectState(state)).load?.splits[0]
      const rest = numbers({ splits: { a: records } })

      const report = await runNumbers(rest.source, sink, { state })

      expect(saved).toMatchObject({ batchNo: at / 2 - 1, counts: { read: at - 2 } })
      expect(rest.asked.reads).toEqual([`a@${at - 2}`])
      expect(report.counts).toMatchObject({ read: 7, written: 7 })
      expect(published).toEqual({ a: records })
    }
  })

  it('that died while it was being closed reads nothing again', async () => {
    for (let atWrite = 6; ; atWrite++) {
      const state = memoryState()
      const { sink, calls } = parts()
      const dying = dyingState(state, atWrite)
      const source = () => numbers({ splits: { a: [1], b: [2] }, bookmark: 'm' })
      if ((await untilDeath(runNumbers(source().source, sink, { state: dying.state }), dying.died)) !== 'died') break
      const again = source()
      if (!calls.includes('publish b') || !('bookmarks' in (await documents(state)))) continue

      await runNumbers(again.source, sink, { state, clock: later })

      expect(again.asked.reads, `write ${atWrite}`).toEqual([])
    }
  })

  it('exactly once into a table whose cursor is in its transaction, after a crash at any state write', async () => {
    for (let atWrite = 0; ; atWrite++) {
      const state = memoryState()
      const { sink, rows } = table()
      const source = () => numbers({ splits: { a: [1, 2, 3, 4, 5] }, bookmark: 'm' }).source
      const dying = dyingState(state, atWrite)
      if ((await untilDeath(runNumbers(source(), sink, { state: dying.state }), dying.died)) !== 'died') break

      await runNumbers(source(), sink, { state, clock: later })

      expect(rows, `write ${atWrite}`).toEqual([1, 2, 3, 4, 5])
    }
  })

  it('found unfinished is taken up with the same parameters and abandoned with others', async () => {
    const state = memoryState()
    const { sink, calls } = parts()
    const stop = new AbortController()
    const data = numbers({ splits: { a: [1, 2, 3] }, before: () => stop.abort() })
    const first = await runNumbers(data.source, sink, { state, signal: stop.signal })

    const report = await runNumbers(numbers({ splits: { a: [1, 2, 3] } }).source, sink, { state, full: true })

    expect(first.status).toBe('stopped')
    expect(report.notes[0]).toContain(`Load ${first.loadId} was unfinished and is abandoned`)
    expect(calls).toContain(`discard ${first.loadId}`)
    expect(report.loadId).not.toBe(first.loadId)
  })

  it('from a trigger is done once: the same identity again changes nothing for 7 days', async () => {
    const state = memoryState()
    const clock = movedClock()
    const { sink, ids } = parts()
    const run = (loadId: string) => runNumbers(numbers({ splits: { a: [1] } }).source, sink, { state, clock, loadId })

    const reports = [await run('2026-01-01T00:00'), await run('2026-01-01T00:00'), await run('2026-01-01T00:01')]
    clock.advance(8 * 86_400_000)
    await run('later')

    expect(reports.map(({ status }) => status)).toEqual(['succeeded', 'unchanged', 'succeeded'])
    expect(ids).toHaveLength(3)
    expect((await keysLeft(state)).filter(key => key.startsWith('done/'))).toEqual(['done/<day>/later'])
  })

  it("from a trigger goes on after another trigger's unfinished one", async () => {
    const state = memoryState()
    const { sink } = parts()
    const stop = new AbortController()
    const stopping = numbers({ splits: { a: [1, 2, 3] }, before: () => stop.abort() })
    await runNumbers(stopping.source, sink, { state, loadId: 'one', signal: stop.signal })

    const report = await runNumbers(numbers({ splits: { a: [1, 2, 3] } }).source, sink, { state, loadId: 'two' })

    expect(report).toMatchObject({ status: 'succeeded', loadId: 'two' })
    expect((await keysLeft(state)).filter(key => key.startsWith('done/'))).toEqual(['done/<day>/one', 'done/<day>/two'])
  })
})

describe('bookmarks', () => {
  it('are set aside when the pipeline version changes, and the report says what was replaced', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const source = () => numbers({ splits: { a: [1] }, bookmark: 'm' }).source
    await runNumbers(source(), sink, { state })

    const report = await runNumbers(source(), sink, { state }, flow => flow.map(x => x * 10), '2')

    expect(published).toEqual({ a: [10] })
    expect(report.notes.join()).toContain('Loaded anew and replaced')
  })

  it('are withheld when what was published is gone', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const source = () => numbers({ splits: { a: [1], b: [2] }, bookmark: 'm' }).source
    await runNumbers(source(), sink, { state })
    delete published.b
    const watching = { ...sink, stillPublished: async (group: string) => group in published }

    const report = await runNumbers(source(), watching, { state })

    expect(report.groups).toMatchObject([
      { group: 'b', status: 'published' },
      { group: 'a', status: 'unchanged' },
    ])
    expect(published).toEqual({ a: [1], b: [2] })
  })

  it('are ignored with --full', async () => {
    const state = memoryState()
    const { sink, ids } = parts()
    const source = () => numbers({ splits: { a: [1] }, bookmark: 'm' }).source
    await runNumbers(source(), sink, { state })

    await runNumbers(source(), sink, { state, full: true })

    expect(ids).toHaveLength(2)
  })

  it('are replaced only after their group is published; a failed group keeps its old one', async () => {
    const state = memoryState()
    const { sink } = parts()
    await runNumbers(numbers({ splits: { a: [1], b: [2] }, bookmark: 'm1' }).source, sink, { state })
    const failing = numbers({ splits: { a: [1], b: [2] }, bookmark: 'm2', before: split => broken(split === 'b') })

    const report = await runNumbers(failing.source, sink, { state })

    const { bookmarks } = (await documents(state)) as { bookmarks: { groups: Record<string, { bookmark: string }> } }
    expect(report.status).toBe('failed')
    expect([bookmarks.groups.a?.bookmark, bookmarks.groups.b?.bookmark]).toEqual(['m2', 'm1'])
  })
})

describe('one bad split loses only its group', () => {
  it('publishes the other groups, keeps what was read, and goes on with only what failed', async () => {
    const state = memoryState()
    const { sink, published, ids, calls } = parts()
    const failing = numbers({ splits: { a: [1], b: [2, 3, 4] }, before: (split, at) => broken(split === 'b' && at === 2) })
    const first = await runNumbers(failing.source, sink, { state })
    const written = ids.length
    const fixed = numbers({ splits: { a: [1], b: [2, 3, 4] } })

    const second = await runNumbers(fixed.source, sink, { state })

    expect(first.groups.map(({ status }) => status)).toEqual(['published', 'failed'])
    expect(second.status).toBe('succeeded')
    expect(fixed.asked.reads).toEqual(['b@2'])
    expect(ids.length - written).toBe(1)
    expect(calls.filter(call => call === 'publish a')).toHaveLength(1)
    expect(published).toEqual({ a: [1], b: [2, 3, 4] })
  })

  it('shows nothing of a group until all its splits are committed, then all in plan order', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const splits = { z: [1, 2], b: [3], a: [4] }
    await runNumbers(numbers({ splits, group: 'g', before: split => broken(split === 'a') }).source, sink, { state })
    const before = { ...published }

    await runNumbers(numbers({ splits, group: 'g' }).source, sink, { state, concurrency: 3 })

    expect(before).toEqual({})
    expect(published).toEqual({ g: [1, 2, 3, 4] })
  })

  it('is planned anew after a refusal that no retry can change', async () => {
    const state = memoryState()
    const { sink } = parts()
    const denied = () => {
      throw new SourceError('ETL_SOURCE_DENIED', 'no')
    }
    await runNumbers(numbers({ splits: { a: [1] }, before: denied }).source, sink, { state })
    const next = numbers({ splits: { a: [1] } })

    const report = await runNumbers(next.source, sink, { state })

    expect(next.asked.plans).toBe(1)
    expect(report).toMatchObject({ status: 'succeeded', attempt: 1 })
  })
})

describe('rejects', () => {
  const noTwos = (flow: Parameters<NonNullable<Parameters<typeof runNumbers>[3]>>[0]) =>
    flow.map(x => {
      if (x === 2) throw new RecordError('ETL_RECORD_INVALID', 'two')
      return x
    })

  it('are durable before the flush that acknowledges their batch', async () => {
    const state = memoryState()
    const { sink } = parts()
    const seen: number[] = []
    const watching = {
      ...sink,
      open: async (ctx: Parameters<typeof sink.open>[0]) => {
        const writer = await sink.open(ctx)
        return {
          ...writer,
          flush: async () => {
            seen.push((await rejectsIn(state)).length)
            return writer.flush()
          },
        }
      },
    }

    await runNumbers(numbers({ splits: { a: [2, 1, 2, 2] } }).source, watching, { state }, noTwos)

    expect(seen).toEqual([1, 3])
  })

  it('of batches that will be read again are removed first, so fixed code leaves none', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const data = () => numbers({ splits: { a: [2, 1] } }).source
    // Writes: head, plan, split taken, rejects. The next, the checkpoint, is never made.
    const dying = dyingState(state, 4)
    await untilDeath(runNumbers(data(), sink, { state: dying.state }, noTwos), dying.died)
    const before = await rejectsIn(state)

    await runNumbers(data(), sink, { state, clock: later })

    expect(before).toHaveLength(1)
    expect(await rejectsIn(state)).toEqual([])
    expect(published).toEqual({ a: [2, 1] })
  })

  it('what never became a record is a reject with the position the source gave it', async () => {
    const state = memoryState()
    const { source } = numbers({ splits: { a: [1, 2] } })
    const unreadable = [{ raw: 'x,', position: { line: 3 }, error: new RecordError('ETL_RECORD_UNPARSABLE', 'ragged') }]
    const broken = {
      ...source,
      async *read(...args: Parameters<typeof source.read>) {
        for await (const batch of source.read(...args)) {
          const positionOf = (row: number) => ({ line: [1, 2][row]?.toFixed() as string })
          yield { ...batch, unreadable, positionOf }
        }
      },
    }

    const report = await runNumbers(broken, parts().sink, { state })

    expect(report.counts).toMatchObject({ read: 3, written: 2, rejected: 1 })
    expect(await rejectsIn(state)).toMatchObject([
      { row: -1, stage: 'source', position: { line: 3 }, raw: 'x,', reason: 'ragged' },
    ])
  })

  it('a row the sink refuses is named with its source record', async () => {
    const state = memoryState()
    const { sink, published } = parts({ refuse: record => record === 30 })

    const report = await runNumbers(numbers({ splits: { a: [1, 2, 3] } }).source, sink, { state }, flow => flow.map(x => x * 10))

    expect(published).toEqual({ a: [10, 20] })
    expect(await rejectsIn(state)).toMatchObject([{ stage: 'sink', raw: 3, batchNo: 2, row: 0 }])
    expect(report.counts).toMatchObject({ read: 3, written: 2, rejected: 1 })
  })

  it('maxRejects as a count fails the split as soon as it is passed', async () => {
    const { sink, published } = parts()
    const data = numbers({ splits: { a: [2, 2, 2, 2, 1, 1] } })

    const report = await runNumbers(data.source, sink, { state: memoryState(), maxRejects: 3 }, noTwos)

    expect(report).toMatchObject({ status: 'failed', error: { code: 'ETL_REJECTS_TOO_MANY' } })
    expect(published).toEqual({})
  })

  it('maxRejects as a share is judged from 1,000 records on, for a split at its end', async () => {
    const few = Array.from({ length: 900 }, () => 2)
    const many = Array.from({ length: 1200 }, (_, index) => (index % 10 === 0 ? 2 : 1))
    const run = (records: number[], share: number) =>
      runNumbers(
        numbers({ splits: { a: records } }).source,
        parts().sink,
        { state: memoryState(), maxRejects: { share } },
        noTwos,
      )

    const reports = [await run(few, 0.05), await run(many, 0.05), await run(many, 0.1)]

    expect(reports.map(({ status }) => status)).toEqual(['succeeded', 'failed', 'succeeded'])
  })

  it('maxRejects as a share is judged for the load before anything of it is visible', async () => {
    const { sink, published } = parts()
    const splits = { a: Array<number>(600).fill(2), b: Array<number>(600).fill(1) }

    const report = await runNumbers(
      numbers({ splits }).source,
      sink,
      { state: memoryState(), maxRejects: { share: 0.4 } },
      noTwos,
    )

    expect(report).toMatchObject({ status: 'failed', error: { code: 'ETL_REJECTS_TOO_MANY' } })
    expect(published).toEqual({})
  })
})

function broken(when: boolean): void {
  if (when) throw new Error('broken pipe')
}

describe('a state store that is away', () => {
  it('fails the run with its own error and nothing is shown as done', async () => {
    const state = memoryState()
    const away = {
      ...state,
      save: () => Promise.reject(new StateError('ETL_STATE_UNAVAILABLE', 'disk full', { retry: 'later' })),
    }

    const running = runNumbers(numbers({ splits: { a: [1] } }).source, parts().sink, { ...eager, state: away })

    await expect(running).rejects.toMatchObject({ code: 'ETL_STATE_UNAVAILABLE' })
  })
})
