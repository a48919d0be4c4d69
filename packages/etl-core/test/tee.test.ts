import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { isEtlError, memoryState, rowsOf, type Sink, type SinkCapabilities, type SplitContext, tee } from '../src/index.js'
import { dyingState, numbers, parts, rejectsIn, runNumbers, table, untilDeath } from './world.js'

const capable = (capabilities: Partial<SinkCapabilities>): Sink<number> => ({
  ...parts().sink,
  capabilities: { ...parts().sink.capabilities, ...capabilities },
})
const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return isEtlError(error) ? error.code : error
  }
}

describe('tee', () => {
  it('gives every sink every record', async () => {
    const [a, b, c] = [parts(), parts(), parts()]

    const report = await runNumbers(numbers({ splits: { x: [1, 2, 3], y: [4] } }).source, tee(a.sink, b.sink, c.sink))

    expect(report.counts).toMatchObject({ read: 4, written: 4 })
    for (const { published } of [a, b, c]) expect(published).toEqual({ x: [1, 2, 3], y: [4] })
  })

  it('goes on at the older of two checkpoints, and the sink that is ahead gets nothing twice', async () => {
    const [ahead, behind] = [parts(), parts({ lags: true })]
    const state = memoryState()
    const stop = new AbortController()
    const data = { splits: { all: [1, 2, 3, 4, 5, 6, 7, 8] } }
    const stopping = numbers({ ...data, before: (_, at) => void (at === 6 && stop.abort(new Error('stop'))) })
    await runNumbers(stopping.source, tee(ahead.sink, behind.sink), { state, signal: stop.signal })
    const again = numbers(data)

    const report = await runNumbers(again.source, tee(ahead.sink, behind.sink), { state })

    expect(report.status).toBe('succeeded')
    const writes = (calls: readonly string[]) => calls.filter(call => call.startsWith('write')).map(call => call.slice(-1))
    expect(again.asked.reads[0]).toMatch(/^all@[24]$/)
    expect(writes(ahead.calls)).toEqual([...new Set(writes(ahead.calls))])
    expect(writes(behind.calls).length).toBeGreaterThan(writes(ahead.calls).length)
    for (const { published } of [ahead, behind]) expect(published).toEqual({ all: [1, 2, 3, 4, 5, 6, 7, 8] })
  })

  it('loses and doubles nothing, wherever the process dies, with sinks that acknowledge at different times', async () => {
    const data = { splits: { x: [1, 2, 3, 4, 5], y: [6, 7] }, group: 'all' }
    const sinks = () => [parts({ refuse: number => number === 3 }), parts({ lags: true })] as const
    const whole = dyingState(memoryState(), Number.POSITIVE_INFINITY)
    const [one, two] = sinks()
    await runNumbers(numbers(data).source, tee(one.sink, two.sink), { state: whole.state })
    for (let at = 0; at < whole.writes(); at++) {
      const [a, b] = sinks()
      const state = memoryState()
      const dying = dyingState(state, at)
      const options = { leaseMs: 1, loadId: 'once' }
      await untilDeath(runNumbers(numbers(data).source, tee(a.sink, b.sink), { ...options, state: dying.state }), dying.died)

      await runNumbers(numbers(data).source, tee(a.sink, b.sink), { ...options, state, waitMs: 1_000 })

      expect(a.published, `died at write ${at}`).toEqual({ all: [1, 2, 4, 5, 6, 7] })
      expect(b.published, `died at write ${at}`).toEqual({ all: [1, 2, 3, 4, 5, 6, 7] })
      expect((await rejectsIn(state)).map(({ raw, partial }) => ({ raw, partial }))).toEqual([{ raw: 3, partial: true }])
    }
  })

  it('reads a split again from its start when a corrected step no longer rejects what the sink that is ahead lacks', async () => {
    const [ahead, behind] = [parts(), parts({ lags: true })]
    const state = memoryState()
    const stop = new AbortController()
    const data = { splits: { all: [1, 2, 3, 4, 5, 6, 7, 8] } }
    const flushEvery = { batches: 3, intervalMs: 60_000 }
    const stopping = numbers({ ...data, before: (_, at) => void (at === 6 && stop.abort(new Error('stop'))) })
    const from5 = z.number().refine(number => number !== 5, 'not yet')
    const teed = () => tee(ahead.sink, behind.sink)
    await runNumbers(stopping.source, teed(), { state, signal: stop.signal, flushEvery }, flow => flow.validate(from5))
    const again = numbers(data)

    const report = await runNumbers(again.source, teed(), { state }, flow => flow.validate(z.number()))

    expect(again.asked.reads).toEqual(['all@4', 'all@0'])
    expect(report.counts).toMatchObject({ read: 8, written: 8, rejected: 0 })
    for (const { published } of [ahead, behind]) expect(published).toEqual({ all: [1, 2, 3, 4, 5, 6, 7, 8] })
  })

  it('counts only checkpoints that all reached where the source may give other records', async () => {
    const [quick, slow] = [parts(), parts({ lags: true })]
    const state = memoryState()
    const data = { splits: { all: [1, 2, 3, 4] }, rereads: 'mayDiffer' as const }
    const stop = new AbortController()
    const stopping = numbers({ ...data, before: (_, at) => void (at === 2 && stop.abort(new Error('stop'))) })
    await runNumbers(stopping.source, tee(quick.sink, slow.sink), { state, signal: stop.signal })
    const again = numbers(data)

    await runNumbers(again.source, tee(quick.sink, slow.sink), { state })

    expect(again.asked.reads).toEqual(['all@0'])
    for (const { published } of [quick, slow]) expect(published).toEqual({ all: [1, 2, 3, 4] })
  })

  it('names a row that all refuse once, and one that some have as partly arrived', async () => {
    const state = memoryState()
    const [a, b] = [parts({ refuse: number => number < 3 }), parts({ refuse: number => number === 1 })]

    const report = await runNumbers(numbers({ splits: { all: [1, 2, 3, 4] } }).source, tee(a.sink, b.sink), { state })

    expect(report.counts).toMatchObject({ written: 2, rejected: 2 })
    expect((await rejectsIn(state)).map(({ raw, partial }) => [raw, partial])).toEqual([
      [1, undefined],
      [2, true],
    ])
  })

  it('names a row as partly arrived that all refuse, but for a part of a tee within', async () => {
    const state = memoryState()
    const [a, b, c] = [parts({ refuse: () => true }), parts({ refuse: () => true }), parts({ refuse: number => number === 1 })]

    await runNumbers(numbers({ splits: { all: [1, 2] } }).source, tee(a.sink, tee(b.sink, c.sink)), { state })

    expect((await rejectsIn(state)).map(({ raw, partial }) => [raw, partial])).toEqual([
      [1, undefined],
      [2, true],
    ])
  })

  it('still knows after a stop what a tee within has only a part of', async () => {
    const state = memoryState()
    const stop = new AbortController()
    const [a, b, behind] = [
      parts({ refuse: number => number === 6 }),
      parts(),
      parts({ refuse: number => number === 6, lags: true }),
    ]
    const teed = () => tee(tee(a.sink, b.sink), behind.sink)
    const data = { splits: { all: [1, 2, 3, 4, 5, 6, 7, 8] } }
    const stopping = numbers({ ...data, before: (_, at) => void (at === 6 && stop.abort(new Error('stop'))) })
    await runNumbers(stopping.source, teed(), { state, signal: stop.signal })

    await runNumbers(numbers(data).source, teed(), { state })

    expect(a.calls.filter(call => call === 'write all 3')).toHaveLength(1)
    expect((await rejectsIn(state)).map(({ raw, partial }) => [raw, partial])).toEqual([[6, true]])
  })

  it('is what the weakest of its sinks is', () => {
    const of = (a: Partial<SinkCapabilities>, b: Partial<SinkCapabilities>) => tee(capable(a), capable(b)).capabilities
    expect(of({ disposition: 'merge' }, { disposition: 'append' }).disposition).toBe('append')
    expect(of({ disposition: 'merge' }, { disposition: 'replace' }).disposition).toBe('replace')
    expect(of({ durableAt: 'commit' }, { durableAt: 'flush' }).durableAt).toBe('commit')
    expect(of({ cursor: 'inTransaction' }, {}).cursor).toBe('outside')
  })

  it('refuses sinks that would double, and a pair that no replay could serve', () => {
    expect(codeOf(() => tee(parts().sink, table().sink))).toBe('ETL_CONFIG_INVALID')
    expect(codeOf(() => tee(capable({ disposition: 'append' }), capable({ disposition: 'replace' })))).toBe('ETL_CONFIG_INVALID')
  })

  it('lets go of the first sink if the second cannot be opened', async () => {
    const a = parts()
    const broken: Sink<number> = {
      ...parts().sink,
      open: async () => {
        throw new TypeError('no disk')
      },
    }
    const report = await runNumbers(numbers({ splits: { all: [1] } }).source, tee(a.sink, broken))

    expect(report.status).toBe('failed')
    expect(a.calls).toEqual(['open all', 'abort all'])
  })

  it('asks each sink to keep its books apart', () => {
    const asked: string[] = []
    const named = (): Sink<number> => ({ ...parts().sink, apart: name => (asked.push(name) > 0 ? named() : named()) })

    tee(named(), named()).apart?.('copy')

    expect(asked).toEqual(['tee-1', 'tee-2', 'copy-1', 'copy-2'])
  })
})

describe('the guarantee of a tee', () => {
  it('does not let a writer of one sink go on while another has failed', async () => {
    const batch = { id: 'b', checkpoint: { cursor: 1, batchNo: 1 }, rows: rowsOf([1]), rawOf: () => null }
    let ended = false
    const slow: Sink<number> = {
      ...parts().sink,
      open: async ctx => ({
        ...(await parts().sink.open(ctx)),
        write: async () => {
          await new Promise(resolve => setTimeout(resolve, 20))
          ended = true
          return {}
        },
      }),
    }
    const failing: Sink<number> = {
      ...parts().sink,
      open: async ctx => ({
        ...(await parts().sink.open(ctx)),
        write: async () => {
          throw new Error('full')
        },
      }),
    }
    const writer = await tee(failing, slow).open({ split: { id: 'all', params: null } } as SplitContext)

    await expect(writer.write(batch)).rejects.toThrow('full')

    expect(ended).toBe(true)
  })
})
