import { describe, expect, it } from 'vitest'
import { RecordError, SinkError, StateError, type StateStore } from '../src/index.js'
import { memoryState, numbers, parts, runNumbers, table } from './world.js'

/** State of which the calls that fit fail with a passing error. */
function awayAt(state: StateStore, fits: (call: string) => boolean): StateStore {
  const orAway = <V>(call: string, act: () => Promise<V>): Promise<V> => {
    if (!fits(call)) return act()
    return Promise.reject(new StateError('ETL_STATE_UNAVAILABLE', `${call} failed`, { retry: 'later' }))
  }
  return {
    load: key => orAway(`load ${key}`, () => state.load(key)),
    save: (key, value, expected) => orAway(`save ${key}`, () => state.save(key, value, expected)),
    remove: (key, expected) => orAway(`remove ${key}`, () => state.remove(key, expected)),
    list: prefix => state.list(prefix),
  }
}

describe('publishing', () => {
  it('is tried again where state could not be asked who owns it', async () => {
    const { sink, published } = parts()
    let committed = false
    let looks = 0
    // After the last commit it is looked at twice as the load is finished, then before its only group is published.
    const thirdLook = (call: string) => committed && call === 'load head' && ++looks === 3
    const watched = {
      ...sink,
      open: async (ctx: Parameters<typeof sink.open>[0]) => {
        const writer = await sink.open(ctx)
        return {
          ...writer,
          async commit() {
            committed = true
            return writer.commit()
          },
        }
      },
    }

    const report = await runNumbers(numbers({ splits: { a: [1, 2] } }).source, watched, {
      state: awayAt(memoryState(), thirdLook),
    })

    expect(looks).toBeGreaterThan(3)
    expect(report.status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2] })
  })
})

describe('a load that failed and could not be cleaned up', () => {
  it('is reported as failed also by a run that finds nothing left of it but that', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const refused = {
      ...sink,
      open: async (ctx: Parameters<typeof sink.open>[0]) => {
        if (ctx.split.id === 'b') throw new SinkError('ETL_SINK_DENIED', 'not here')
        return sink.open(ctx)
      },
    }
    const { source } = numbers({ splits: { a: [1], b: [2] }, bookmark: 'b1' })
    // The head cannot be given back when all else is gone.
    let planIsGone = false
    const givingBack = (call: string) => {
      planIsGone ||= /^remove loads\/[^/]*\/plan$/.test(call)
      return planIsGone && call === 'save head'
    }
    const first = await runNumbers(source, refused, { state: awayAt(state, givingBack) })
    const { source: later } = numbers({ splits: { a: [1], b: [2] }, bookmark: 'b1' })

    const report = await runNumbers(later, sink, {
      state,
      owner: { host: 'later', space: 'later', pid: 1, processStart: 1 },
      clock: { now: () => Date.now() + 3_600_000 },
    })

    expect(first).toMatchObject({
      status: 'failed',
      notes: [expect.stringContaining('save head failed [ETL_STATE_UNAVAILABLE]')],
    })
    expect(report.notes.join()).toContain('planned anew')
    expect(published).toEqual({ a: [1], b: [2] })
  })
})

describe('a disk that is full for records and for state', () => {
  /** Of two splits a is published, and b finds the disk full; from then on so do saves that fit. */
  const onFullDisk = (fits: (call: string) => boolean) => {
    const { sink } = parts()
    let full = false
    const filling = {
      ...sink,
      open: async (ctx: Parameters<typeof sink.open>[0]) => {
        if (ctx.split.id !== 'b') return sink.open(ctx)
        full = true
        throw new SinkError('ETL_SINK_FULL', 'No space is left.', { retry: 'exhausted' })
      },
    }
    const state = awayAt(memoryState(), call => full && call.startsWith('save') && fits(call))
    return runNumbers(numbers({ splits: { a: [1, 2], b: [3] } }).source, filling, { state })
  }

  it('is reported with what the run did, when only the last write of state fails', async () => {
    const report = await onFullDisk(call => call === 'save head')

    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'ETL_SINK_FULL' },
      counts: { written: 2 },
      groups: [
        { group: 'a', status: 'published' },
        { group: 'b', status: 'failed' },
      ],
      notes: expect.arrayContaining([expect.stringMatching(/could not be saved: save head failed \[ETL_STATE_UNAVAILABLE\]/)]),
    })
  })

  it('is reported with what the run saw, when nothing of it can be saved', async () => {
    const report = await onFullDisk(() => true)

    expect(report).toMatchObject({
      status: 'failed',
      error: { code: 'ETL_SINK_FULL' },
      counts: { written: 2 },
      groups: [
        { group: 'a', status: 'pending' },
        { group: 'b', status: 'failed', error: { code: 'ETL_SINK_FULL' } },
      ],
      notes: [expect.stringContaining('save bookmarks failed [ETL_STATE_UNAVAILABLE]')],
    })
  })

  it('is a state error where nothing else went wrong', async () => {
    const away = awayAt(memoryState(), call => call === 'save bookmarks')

    await expect(runNumbers(numbers({ splits: { a: [1] } }).source, parts().sink, { state: away })).rejects.toMatchObject({
      code: 'ETL_STATE_UNAVAILABLE',
    })
  })
})

describe('a group of which the last records were rejected', () => {
  it('is not taken for empty because the sink kept the first ones before state knew of them', async () => {
    const { sink, rows } = table()
    let lost = false
    const replacing = {
      ...sink,
      capabilities: { ...sink.capabilities, disposition: 'replace' as const },
      open: async (ctx: Parameters<typeof sink.open>[0]) => {
        const writer = await sink.open(ctx)
        return {
          ...writer,
          async flush() {
            const checkpoint = await writer.flush()
            if (lost) return checkpoint
            lost = true
            throw new SinkError('ETL_SINK_UNAVAILABLE', 'the answer was lost', { retry: 'later' })
          },
        }
      },
    }
    const positive = (value: number) => {
      if (value < 0) throw new RecordError('ETL_RECORD_INVALID', 'it is negative')
      return value
    }

    const report = await runNumbers(numbers({ splits: { a: [1, 2, -3, -4] } }).source, replacing, {}, flow => flow.map(positive))

    expect(report.error).toBeUndefined()
    expect(report.groups).toMatchObject([{ group: 'a', status: 'published' }])
    expect(rows).toEqual([1, 2])
  })
})
