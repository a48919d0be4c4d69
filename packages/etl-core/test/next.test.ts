import { describe, expect, it } from 'vitest'
import {
  definePipeline,
  follow,
  from,
  memoryState,
  overallStatus,
  type Pipeline,
  type RunOptions,
  type RunReport,
  run,
  SourceError,
  type StateStore,
} from '../src/index.js'
import { documents, dyingState, eager, movedClock, numbers, parts, standstill, table, untilDeath } from './world.js'

/** A listing in which the process dies. */
const deadEnd: AsyncIterable<string> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('it died')) }),
}

/** A pipeline that follows: it keeps state of its own, as one with a home does. */
function child(options: { readonly fails?: () => boolean; readonly name?: string } = {}) {
  const state = memoryState()
  const { sink, published } = parts()
  const runs: string[] = []
  const { source } = numbers({
    splits: { all: [1] },
    before: () => {
      if (options.fails?.()) throw new SourceError('ETL_SOURCE_DENIED', 'Not yours.')
    },
  })
  const home = { place: 'memory:child', state: () => state }
  const counted: typeof source = {
    ...source,
    plan(ctx) {
      runs.push(ctx.load.loadId)
      return source.plan(ctx)
    },
  }
  const pipeline = definePipeline({ name: options.name ?? 'child', build: () => from(counted).into({ ...sink, home }) })
  return { pipeline, runs, published, state }
}

const parent = (next: (report: RunReport) => readonly ReturnType<typeof follow>[], bookmark?: string): Pipeline =>
  definePipeline({
    name: 'parent',
    build: () => from(numbers({ splits: { all: [1, 2, 3] }, ...(bookmark ? { bookmark } : {}) }).source).into(parts().sink),
    next,
  }) as unknown as Pipeline

const runParent = (pipeline: Pipeline, options: RunOptions = {}) => run(pipeline, {} as never, { ...eager, ...options })

describe('what follows a load', () => {
  it('runs when the load has ended, told how it went', async () => {
    const { pipeline, published } = child()
    const asked: string[] = []

    const report = await runParent(
      parent(({ status, counts }) => {
        asked.push(`${status} ${counts.written}`)
        return [follow(pipeline)]
      }),
    )

    expect(asked).toEqual(['succeeded 3'])
    expect(published).toEqual({ all: [1] })
    expect(report.next).toMatchObject([{ pipeline: 'child', report: { status: 'succeeded' } }])
  })

  it('does not run after a load that found nothing new', async () => {
    const { pipeline, runs } = child()
    const state = memoryState()
    const defined = parent(() => [follow(pipeline)], 'b1')
    await runParent(defined, { state })

    const report = await runParent(defined, { state })

    expect(report).toMatchObject({ status: 'unchanged' })
    expect(report.next).toBeUndefined()
    expect(runs).toHaveLength(1)
  })

  it('is asked after a load that failed for good too, and may leave it', async () => {
    const { source } = numbers({
      splits: { all: [1] },
      before: () => {
        throw new TypeError('no such field')
      },
    })
    const told: string[] = []
    const defined = definePipeline({
      name: 'parent',
      build: () => from(source).into(parts().sink),
      next: ({ status }) => {
        told.push(status)
        return []
      },
    })
    const state = memoryState()

    const first = await run(defined, {}, { ...eager, state })
    const second = await run(defined, {}, { ...eager, state })

    expect([first.status, second.status]).toEqual(['failed', 'failed'])
    expect(told).toEqual(['failed'])
    expect(second.next).toBeUndefined()
  })

  it('runs once in effect, wherever the process died', async () => {
    const writesOf = async () => {
      const { pipeline } = child()
      const dying = dyingState(memoryState(), Number.POSITIVE_INFINITY)
      await runParent(
        parent(() => [follow(pipeline)], 'b1'),
        { state: dying.state },
      )
      return dying.writes()
    }
    const writes = await writesOf()
    for (let at = 0; at < writes; at++) {
      const { pipeline, published, runs } = child()
      const state = memoryState()
      const defined = parent(() => [follow(pipeline)], 'b1')
      const dying = dyingState(state, at)
      await untilDeath(runParent(defined, { state: dying.state, leaseMs: 1 }), dying.died)

      await runParent(defined, { state, waitMs: 1_000 })
      await runParent(defined, { state, waitMs: 1_000 })

      expect(published, `died at write ${at}`).toEqual({ all: [1] })
      expect(new Set(runs).size, `died at write ${at}`).toBe(1)
      expect(Object.keys(await documents(state)).filter(key => key.startsWith('next/'))).toEqual([])
    }
    expect(writes).toBeGreaterThan(5)
  })

  it('may be the pipeline itself, until there is nothing new', async () => {
    const state = memoryState()
    const home = { place: 'memory:self', state: () => state }
    let asked = 0
    let plans = 0
    const self: Pipeline = definePipeline({
      name: 'self',
      build: () => {
        const { source } = numbers({ splits: { all: [1] }, bookmark: `b${Math.min(++plans, 3)}` })
        return from(source).into({ ...parts().sink, home })
      },
      next: () => {
        if (++asked > 20) throw new Error('asked for ever')
        return [follow(self)]
      },
    }) as unknown as Pipeline

    const report = await runParent(self)

    const chain: RunReport[] = []
    for (let one: RunReport | undefined = report; one; one = one.next?.[0]?.report) chain.push(one)
    expect(chain.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded', 'unchanged'])
    expect(Object.keys(await documents(state)).filter(key => key.startsWith('next/'))).toEqual([])
  })

  it('is not started for a load that was given up while its run slept', async () => {
    const state = memoryState()
    const clock = movedClock()
    const { here, go, stand } = standstill()
    const sleeping: StateStore = {
      ...state,
      async save(key, value, expected) {
        if (key.startsWith('next/')) await stand()
        return state.save(key, value, expected)
      },
    }
    const { pipeline, runs } = child()
    const elsewhere = { host: 'elsewhere', space: 'elsewhere', pid: 7, processStart: 1 }
    const defined = parent(() => [follow(pipeline)])
    const asleep = runParent(defined, { state: sleeping, clock, owner: elsewhere })
    asleep.catch(() => undefined)
    await here
    clock.advance(60_000)
    await runParent(defined, { state, clock, full: true })

    go()

    await expect(asleep).rejects.toMatchObject({ code: 'ETL_STATE_CONFLICT' })
    expect(runs).toHaveLength(1)
    expect(Object.keys(await documents(state)).filter(key => key.startsWith('next/'))).toEqual([])
  })

  it.each([
    ['take turns', {}],
    ['overlap', { overlap: 'allow' }],
  ] as const)('is not lost where its trigger comes back while it waits, and loads %s', async (_, overlap) => {
    const state = memoryState()
    const clock = movedClock()
    const { pipeline, runs } = child()
    const loads: string[] = []
    const defined = definePipeline({
      name: 'parent',
      ...overlap,
      build: () => from(numbers({ splits: { all: [1, 2, 3] } }).source).into(table().sink),
      next: ({ startedAt }) => {
        loads.push(startedAt)
        return [follow(pipeline)]
      },
    }) as unknown as Pipeline
    // The first one's follower is begun by nobody: its process dies when the load is closed.
    const dying: StateStore = {
      ...state,
      list: prefix => (prefix === 'next/' ? deadEnd : state.list(prefix)),
    }
    await expect(runParent(defined, { state: dying, clock, loadId: 'trigger' })).rejects.toThrow('it died')
    clock.advance(9 * 86_400_000)

    const report = await runParent(defined, { state, clock, loadId: 'trigger' })

    expect(report.next).toHaveLength(2)
    expect(loads).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-10T00:00:00.000Z'])
    expect(new Set(runs).size).toBe(2)
    expect(Object.keys(await documents(state)).filter(key => key.startsWith('next/'))).toEqual([])
  })

  it('is told that a list is expected, and not a promise of one', async () => {
    const { pipeline } = child()
    const report = await runParent(parent((async () => [follow(pipeline)]) as never))

    expect(report.next).toMatchObject([
      { error: { code: 'ETL_NEXT_FAILED', message: expect.stringContaining('not as a promise') } },
    ])
  })

  it('has an identity that comes from the load, the pipeline and the parameters', async () => {
    const ids: string[] = []
    const startNext = async ({ loadId }: { loadId: string }) => {
      ids.push(loadId)
      return undefined
    }
    const { pipeline } = child()
    const defined = parent(() => [
      follow(pipeline, { a: 1 } as never),
      follow(pipeline, { a: 2 } as never),
      follow(pipeline, { a: 2 } as never),
    ])

    await runParent(defined, { startNext, loadId: 'monday' })
    await runParent(defined, { startNext, loadId: 'tuesday' })

    expect(new Set(ids).size).toBe(6)
  })

  it('that fails is tried again by later runs, three times in all', async () => {
    const { pipeline, runs } = child({ fails: () => true })
    const state = memoryState()
    const defined = parent(() => [follow(pipeline)], 'b1')

    const reports = []
    for (let count = 0; count < 5; count++) reports.push(await runParent(defined, { state }))

    expect(reports.map(report => report.status)).toEqual(['succeeded', 'unchanged', 'unchanged', 'unchanged', 'unchanged'])
    expect(reports.map(report => overallStatus(report))).toEqual(['failed', 'failed', 'failed', 'unchanged', 'unchanged'])
    expect(new Set(runs.filter(id => id.startsWith('next-'))).size).toBe(1)
  })

  it('waits for the next run when this one was told to stop', async () => {
    const stop = new AbortController()
    const { pipeline, published } = child()
    const state = memoryState()
    const next = () => {
      stop.abort(new Error('enough'))
      return [follow(pipeline)]
    }
    const defined = parent(next, 'b1')

    const first = await runParent(defined, { state, signal: stop.signal })
    const second = await runParent(defined, { state })

    expect(first.next).toMatchObject([{ pipeline: 'child', pending: true }])
    expect(overallStatus(first)).toBe('stopped')
    expect(second.next).toMatchObject([{ report: { status: 'succeeded' } }])
    expect(published).toEqual({ all: [1] })
  })

  it('may be handed on instead', async () => {
    const { pipeline, runs } = child()

    const report = await runParent(
      parent(() => [follow(pipeline)]),
      { startNext: async () => undefined },
    )

    expect(report.next).toEqual([{ pipeline: 'child', loadId: expect.stringMatching(/^next-/) }])
    expect(overallStatus(report)).toBe('succeeded')
    expect(runs).toEqual([])
  })

  it('of which the definition makes a mess is an error that names it, and the load stands', async () => {
    const defined = parent(() => {
      throw new TypeError('no such group')
    })

    const report = await runParent(defined)

    expect(report.status).toBe('succeeded')
    expect(report.next).toMatchObject([{ pipeline: 'parent', error: { code: 'ETL_NEXT_FAILED' } }])
    expect(report.next?.[0]?.error?.message).toContain('no such group')
    expect(overallStatus(report)).toBe('failed')
  })

  it('may itself be followed', async () => {
    const last = child({ name: 'last' })
    const { source } = numbers({ splits: { all: [5] } })
    const middle = definePipeline({
      name: 'middle',
      build: () => from(source).into(parts().sink),
      next: () => [follow(last.pipeline)],
    })

    const report = await runParent(parent(() => [follow(middle)]))

    expect(report.next?.[0]?.report?.next).toMatchObject([{ pipeline: 'last', report: { status: 'succeeded' } }])
    expect(last.published).toEqual({ all: [1] })
  })
})
