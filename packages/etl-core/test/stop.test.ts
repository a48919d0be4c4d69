import { describe, expect, it } from 'vitest'
import { SourceError } from '../src/index.js'
import { documents, down, eager, memoryState, movedClock, numbers, parts, rejectsIn, runNumbers, table } from './world.js'

describe('stopping is not failing', () => {
  it('on a signal it flushes, suspends, says what is left, and goes on next time', async () => {
    const state = memoryState()
    const stop = new AbortController()
    const { sink, published, calls } = parts()
    const before = (_: string, at: number) => (at === 4 ? stop.abort() : undefined)
    const lazy = { ...eager, flushEvery: { batches: 100, intervalMs: 60_000 } }

    const data = { a: [1, 2, 3, 4, 5, 6], b: [7] }
    const first = await runNumbers(numbers({ splits: data, before }).source, sink, { ...lazy, state, signal: stop.signal })
    const rest = numbers({ splits: data })
    const second = await runNumbers(rest.source, sink, { state })

    expect(first).toMatchObject({ status: 'stopped', left: 2, groups: [{ status: 'pending' }, { status: 'pending' }] })
    expect(calls).toContain('suspend a')
    expect(rest.asked.reads).toEqual(['a@4', 'b@0'])
    expect(second.status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2, 3, 4, 5, 6], b: [7] })
  })

  it('at every batch, a stop and a resume end like an undisturbed run', async () => {
    const records = [1, 2, 3, 4, 5, 6, 7]
    for (const kind of ['parts', 'table'] as const) {
      for (let at = 0; at < records.length; at += 2) {
        const state = memoryState()
        const stop = new AbortController()
        const files = parts()
        const rows = table()
        const sink = kind === 'parts' ? files.sink : rows.sink
        const before = (_: string, read: number) => (read === at ? stop.abort() : undefined)

        await runNumbers(numbers({ splits: { a: records }, before }).source, sink, { state, signal: stop.signal })
        await runNumbers(numbers({ splits: { a: records } }).source, sink, { state })

        expect(kind === 'parts' ? files.published.a : rows.rows, `${kind} stopped at ${at}`).toEqual(records)
      }
    }
  })

  it('a stop while the source hangs does not wait for it', async () => {
    const stop = new AbortController()
    const hanging = numbers({ splits: { a: [1, 2, 3] }, before: (_, at) => (at === 2 ? new Promise<void>(() => {}) : undefined) })
    setTimeout(() => stop.abort(), 10)

    const report = await runNumbers(hanging.source, parts().sink, { state: memoryState(), signal: stop.signal })

    expect(report.status).toBe('stopped')
  })

  it('near the deadline it stops by itself, with time left for one more batch', async () => {
    const startedAtMs = Date.now()
    const slow = numbers({
      splits: { a: Array.from({ length: 200 }, (_, i) => i) },
      before: () => new Promise(resolve => setTimeout(resolve, 20)),
    })
    const deadlineAtMs = startedAtMs + 1_200

    const report = await runNumbers(slow.source, parts().sink, { state: memoryState(), deadlineAtMs })

    expect(report).toMatchObject({ status: 'stopped', reason: 'The deadline is near.' })
    expect(Date.now()).toBeLessThan(deadlineAtMs)
    expect(report.counts.batches).toBeGreaterThan(0)
  })

  it('a stop while planning hangs ends the run, and nothing was begun', async () => {
    const stop = new AbortController()
    const state = memoryState()
    const hanging = { ...numbers({ splits: {} }).source, plan: () => new Promise<never>(() => {}) }
    setTimeout(() => stop.abort(), 10)

    const report = await runNumbers(hanging, parts().sink, { state, signal: stop.signal })

    expect(report.status).toBe('stopped')
    expect(await documents(state)).toEqual({})
  })

  it('a sink that hangs is cut off at the deadline', async () => {
    const { sink } = parts()
    const hanging: typeof sink = {
      ...sink,
      open: async ctx => ({ ...(await sink.open(ctx)), write: () => new Promise<never>(() => {}) }),
    }
    const deadlineAtMs = Date.now() + 1_300

    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, hanging, { state: memoryState(), deadlineAtMs })

    expect(report.status).toBe('stopped')
    expect(Date.now()).toBeLessThanOrEqual(deadlineAtMs)
  })

  it('a stop after everything was published does not undo the report', async () => {
    const stop = new AbortController()
    const { sink } = parts()
    const onEvent = (event: { type: string }) => (event.type === 'group.published' ? stop.abort() : undefined)
    const strict = { ...sink, discard: async (_: string, ctx: { signal: AbortSignal }) => ctx.signal.throwIfAborted() }

    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, strict, {
      state: memoryState(),
      signal: stop.signal,
      onEvent,
    })

    expect(report.status).toBe('succeeded')
  })

  it('what a failed group says is not lost when the run stops', async () => {
    const stop = new AbortController()
    const before = (split: string) => {
      if (split === 'a') throw new SourceError('ETL_SOURCE_DENIED', 'no entry')
      stop.abort()
    }

    const report = await runNumbers(numbers({ splits: { a: [1], b: [2, 3, 4] }, before }).source, parts().sink, {
      state: memoryState(),
      signal: stop.signal,
    })

    expect(report).toMatchObject({ status: 'stopped', error: { code: 'ETL_SOURCE_DENIED' } })
    expect(report.notes.join()).toContain('Group a failed before the run stopped: no entry')
  })

  it('a stop before anything was begun writes nothing', async () => {
    const stop = new AbortController()
    stop.abort()
    const { sink, calls } = parts()

    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, sink, { state: memoryState(), signal: stop.signal })

    expect(report.status).toBe('stopped')
    expect(calls).toEqual([])
  })

  it('a stop between two asynchronous calls of a step starts no further one', async () => {
    const stop = new AbortController()
    let calls = 0
    const steps = (flow: Parameters<NonNullable<Parameters<typeof runNumbers>[3]>>[0]) =>
      flow.eachAsync(
        async x => {
          calls++
          stop.abort()
          return x
        },
        { concurrency: 1 },
      )

    const report = await runNumbers(
      numbers({ splits: { a: [1, 2, 3] } }).source,
      parts().sink,
      { state: memoryState(), signal: stop.signal },
      steps,
    )

    expect(report.status).toBe('stopped')
    expect(calls).toBe(1)
    expect(report.counts.written).toBe(0)
  })
})

describe('a retry is a new attempt at the split', () => {
  it('aborts the writer and opens the source again at the last acknowledged cursor', async () => {
    let failures = 0
    const { sink, published, calls } = parts()
    const before = (_: string, at: number) => {
      if (at === 2 && failures++ < 2) throw down()
    }
    const data = numbers({ splits: { a: [1, 2, 3, 4] }, before })

    const report = await runNumbers(data.source, sink, { state: memoryState() })

    expect(data.asked.reads).toEqual(['a@0', 'a@2', 'a@2'])
    expect(calls.filter(call => call === 'abort a')).toHaveLength(2)
    expect(published).toEqual({ a: [1, 2, 3, 4] })
    expect(report).toMatchObject({ status: 'succeeded', splits: [{ attempts: 3, counts: { retries: 2, read: 4 } }] })
  })

  it('ends after as many attempts as allowed, and the next run goes on from there', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const away = numbers({ splits: { a: [1, 2, 3] }, before: (_, at) => (at === 2 ? Promise.reject(down()) : undefined) })
    const first = await runNumbers(away.source, sink, { state })
    const back = numbers({ splits: { a: [1, 2, 3] } })

    await runNumbers(back.source, sink, { state })

    expect(first).toMatchObject({
      status: 'failed',
      splits: [{ attempts: 3, error: { code: 'ETL_SOURCE_UNAVAILABLE', retry: 'exhausted' } }],
    })
    expect(back.asked.reads).toEqual(['a@2'])
    expect(published).toEqual({ a: [1, 2, 3] })
  })

  it('is not made for an error that says never', async () => {
    const denied = () => Promise.reject(new SourceError('ETL_SOURCE_DENIED', 'no'))
    const data = numbers({ splits: { a: [1] }, before: denied })

    await runNumbers(data.source, parts().sink, { state: memoryState() })

    expect(data.asked.reads).toHaveLength(1)
  })

  it('waits at least as long as the other side asked for', async () => {
    let failures = 0
    const before = () =>
      failures++ === 0
        ? Promise.reject(new SourceError('ETL_SOURCE_RATE_LIMITED', 'slow', { retry: 'later', retryAfterMs: 60 }))
        : undefined
    const startedAtMs = performance.now()

    await runNumbers(numbers({ splits: { a: [1] }, before }).source, parts().sink, { state: memoryState() })

    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(58)
  })

  it('counts no record twice', async () => {
    let failures = 0
    const state = memoryState()
    const data = numbers({
      splits: { a: [1, 2, 3, 4] },
      before: (_, at) => (at === 2 && failures++ === 0 ? Promise.reject(down()) : undefined),
    })

    const report = await runNumbers(data.source, parts().sink, { state }, flow => flow.filter(x => x !== 1))

    expect(report.counts).toMatchObject({ read: 4, written: 3, dropped: 1, batches: 2 })
    expect(await rejectsIn(state)).toEqual([])
  })
})

describe('a source that changes under the run', () => {
  const changed = () => Promise.reject(new SourceError('ETL_SOURCE_CHANGED', 'the data moved', { retry: 'later' }))

  it("drops the split's unpublished work and reads it again from its start", async () => {
    let changes = 0
    const { sink, published } = parts()
    const data = numbers({ splits: { a: [1, 2, 3] }, before: (_, at) => (at === 2 && changes++ < 2 ? changed() : undefined) })

    const report = await runNumbers(data.source, sink, { state: memoryState() })

    expect(data.asked.reads).toEqual(['a@0', 'a@0', 'a@0'])
    expect(report.status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2, 3] })
  })

  it('is read again three times at most, then planned anew while other groups stay published', async () => {
    let moved = false
    const { sink, published, calls } = parts()
    const state = memoryState()
    const first = numbers({
      splits: { a: [1], b: [2] },
      bookmark: 'm',
      before: split => (split === 'b' && !moved ? changed() : undefined),
    })
    const plan = first.source.plan.bind(first.source)
    const replan = (ctx: Parameters<typeof plan>[0]) => {
      moved = first.asked.plans > 0
      return plan(ctx)
    }
    const source = { ...first.source, plan: replan }

    const report = await runNumbers(source, sink, { state })

    expect(first.asked.reads.filter(read => read.startsWith('b'))).toHaveLength(5)
    expect(first.asked.plans).toBe(2)
    expect(report).toMatchObject({ status: 'succeeded' })
    expect(report.groups.map(({ group, status }) => `${group} ${status}`).sort()).toEqual(['a published', 'b published'])
    expect(calls.filter(call => call === 'publish a')).toHaveLength(1)
    expect(published).toEqual({ a: [1], b: [2] })
  })

  it.each([
    ['says that there is no data', { skipped: [{ group: 'a', reason: 'no data' as const }] }],
    ['knows nothing of it any more', {}],
  ])('is no failure where planning it anew %s', async (_, nothingLeft) => {
    const { source, asked } = numbers({ splits: { a: [1] }, before: changed })
    const emptied = {
      ...source,
      plan: async (ctx: Parameters<typeof source.plan>[0]) =>
        asked.plans === 0 ? source.plan(ctx) : { splits: [], ...nothingLeft },
    }

    const report = await runNumbers(emptied, parts().sink, { state: memoryState() })

    expect(report).toMatchObject({ status: 'unchanged', groups: [{ group: 'a', status: 'no data' }] })
    expect(report).not.toHaveProperty('error')
    expect(report.notes).toEqual([expect.stringContaining('The source changed under load')])
  })

  it('is no failure where a part of it was published and the rest is gone', async () => {
    const { source, asked } = numbers({
      splits: { a: [1], b: [2] },
      bookmark: 'm',
      before: split => (split === 'b' ? changed() : undefined),
    })
    const emptied = {
      ...source,
      plan: async (ctx: Parameters<typeof source.plan>[0]) =>
        asked.plans === 0 ? source.plan(ctx) : { splits: [], skipped: [{ group: 'a', reason: 'unchanged' as const }] },
    }

    const report = await runNumbers(emptied, parts().sink, { state: memoryState() })

    expect(report.status).toBe('succeeded')
    expect(report).not.toHaveProperty('reason')
    expect(report.groups.map(({ group, status }) => `${group} ${status}`)).toEqual(['b no data', 'a published'])
  })
})

describe('backpressure', () => {
  it('at most one batch is read ahead of the one being written', async () => {
    const ahead: number[] = []
    const data = numbers({ splits: { a: Array.from({ length: 20 }, (_, i) => i) } })
    const { sink } = parts()
    let written = 0
    const slow: typeof sink = {
      ...sink,
      open: async ctx => {
        const writer = await sink.open(ctx)
        return {
          ...writer,
          write: async batch => {
            await new Promise(resolve => setTimeout(resolve, 2))
            ahead.push(data.asked.batches - written++ - 1)
            return writer.write(batch)
          },
        }
      },
    }

    await runNumbers(data.source, slow, { state: memoryState() })

    expect(Math.max(...ahead)).toBe(1)
  })

  it('lowers concurrency to the memory budget and says so', async () => {
    const { sink } = parts()
    const hungry = { ...sink, bufferBytes: 30 * 1024 * 1024 }

    const budget = { state: memoryState(), concurrency: 8, memoryMiB: 64 }

    const report = await runNumbers(numbers({ splits: { a: [1], b: [2], c: [3] } }).source, hungry, budget)

    expect(report.concurrency).toBe(2)
    expect(report.notes.join()).toContain('2 at a time instead of 8: each may hold 32 MiB')
  })

  it('says nothing of a lower concurrency where no more splits are planned', async () => {
    const hungry = { ...parts().sink, bufferBytes: 30 * 1024 * 1024 }

    const report = await runNumbers(numbers({ splits: { a: [1], b: [2] } }).source, hungry, {
      state: memoryState(),
      concurrency: 8,
    })

    expect(report).toMatchObject({ concurrency: 2, notes: [] })
  })

  it('says it once where an unfinished load is taken up and another one follows', async () => {
    const hungry = { ...parts().sink, bufferBytes: 60 * 1024 * 1024 }
    const state = memoryState()
    let broken = true
    const { source } = numbers({
      splits: { a: [1], b: [2] },
      before: () => (broken ? Promise.reject(down()) : undefined),
    })
    const budget = { state, concurrency: 2 }
    await runNumbers(source, hungry, { ...budget, loadId: 'first' })
    broken = false

    const report = await runNumbers(source, hungry, { ...budget, loadId: 'second' })

    expect(report.loadId).toBe('second')
    expect(report.notes.filter(note => note.startsWith('Splits run one at a time instead of 2'))).toHaveLength(1)
  })

  it('never runs more splits at once than allowed', async () => {
    let open = 0
    let most = 0
    const before = async () => {
      most = Math.max(most, ++open)
      await new Promise(resolve => setTimeout(resolve, 3))
      open--
    }
    const splits = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, [1]]))

    await runNumbers(numbers({ splits, before }).source, parts().sink, { state: memoryState(), concurrency: 3 })

    expect(most).toBe(3)
  })
})

describe('a clock that jumps', () => {
  it('back or forth in the middle of a run changes nothing in what arrives', async () => {
    const clock = movedClock()
    const { sink, published } = parts()
    const before = (_: string, at: number) => clock.advance(at === 2 ? -7_200_000 : 7_200_000)

    const report = await runNumbers(numbers({ splits: { a: [1, 2, 3, 4, 5] }, before }).source, sink, {
      state: memoryState(),
      clock,
    })

    expect(report.status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2, 3, 4, 5] })
  })
})
