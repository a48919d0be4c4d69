import { describe, expect, it } from 'vitest'
import type { Source } from '../src/index.js'
import { memoryState, movedClock, numbers, parts, runNumbers } from './world.js'

describe('durationMs in a report', () => {
  it("is this run's own where a load is taken up, which began when it began", async () => {
    const clock = movedClock()
    const began = new Date(clock.now()).toISOString()
    const state = memoryState()
    const { sink } = parts()
    const stop = new AbortController()
    const first = numbers({ splits: { a: [1, 2, 3] }, before: (_, at) => (at === 2 ? stop.abort() : clock.advance(1_000)) })

    const stopped = await runNumbers(first.source, sink, { state, clock, signal: stop.signal })
    clock.advance(3_600_000)
    const second = numbers({ splits: { a: [1, 2, 3] }, before: () => clock.advance(500) })
    const resumed = await runNumbers(second.source, sink, { state, clock })

    expect(stopped).toMatchObject({ status: 'stopped', startedAt: began, durationMs: 1_000 })
    expect(resumed).toMatchObject({ status: 'succeeded', attempt: 2, startedAt: began, durationMs: 500 })
  })

  it('holds the time of planning, also where there was nothing new', async () => {
    const clock = movedClock()
    const { source } = numbers({ splits: { a: [1] }, bookmark: 'seen' })
    const slow: Source<number> = {
      ...source,
      async plan(ctx) {
        clock.advance(2_000)
        return source.plan(ctx)
      },
    }
    const state = memoryState()
    const { sink } = parts()

    const loaded = await runNumbers(slow, sink, { state, clock })
    const unchanged = await runNumbers(slow, sink, { state, clock })

    expect([loaded.status, loaded.durationMs]).toEqual(['succeeded', 2_000])
    expect([unchanged.status, unchanged.durationMs]).toEqual(['unchanged', 2_000])
  })
})
