import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePipeline, from, inspectState, RecordError, run, SourceError } from '../src/index.js'
import {
  documents,
  down,
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

const always = (failing: string, error: () => Error) => (split: string) => {
  if (split === failing) throw error()
}
const later = { now: () => Date.now() + 3_600_000 }

describe('what a run leaves to the next', () => {
  it('a group that keeps failing does not keep new data of the others waiting', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    for (const day of [1, 2, 3]) {
      const data = numbers({ splits: { a: [day], b: [day] }, bookmark: `day ${day}`, before: always('b', down) })

      const report = await runNumbers(data.source, sink, { state })

      expect(published.a, `day ${day}`).toEqual([day])
      expect(report.groups.find(({ group }) => group === 'b')?.status).toBe('failed')
    }
  })

  it("a trigger's load that keeps failing does not block the next trigger's", async () => {
    const state = memoryState()
    const { sink, published } = parts()
    await runNumbers(numbers({ splits: { poison: [1] }, before: always('poison', down) }).source, sink, { state, loadId: 'one' })

    const report = await runNumbers(
      numbers({ splits: { poison: [1], good: [2] }, before: always('poison', down) }).source,
      sink,
      { state, loadId: 'two' },
    )

    expect(published).toEqual({ good: [2] })
    expect(report.loadId).toBe('two')
  })

  it("a trigger's load that failed can be delivered again", async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const denied = always('a', () => new SourceError('ETL_SOURCE_DENIED', 'no'))
    const deliver = (before?: typeof denied) =>
      runNumbers(numbers({ splits: { a: [1] }, ...(before ? { before } : {}) }).source, sink, { state, loadId: 'event' })

    const reports = [await deliver(denied), await deliver(), await deliver()]

    expect(reports.map(({ status }) => status)).toEqual(['failed', 'succeeded', 'unchanged'])
    expect(published).toEqual({ a: [1] })
  })

  it('an id that comes back after its marker is gone is another load', async () => {
    const state = memoryState()
    const clock = movedClock()
    const { sink, published, ids } = parts()
    const daily = (record: number) =>
      runNumbers(numbers({ splits: { a: [record] } }).source, sink, { state, clock, loadId: 'daily' })
    await daily(1)
    clock.advance(8 * 86_400_000)
    await runNumbers(numbers({ splits: { b: [0] } }).source, sink, { state, clock, loadId: 'sweeper' })

    await daily(2)

    expect(published.a).toEqual([2])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('a load that staged another layout is abandoned, not mixed', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const stop = new AbortController()
    const before = (_: string, at: number) => (at === 2 ? stop.abort() : undefined)
    await runNumbers(
      numbers({ splits: { a: [1, 2, 3] }, before }).source,
      { ...sink, layout: 'csv ,' },
      { state, signal: stop.signal },
    )
    const again = numbers({ splits: { a: [1, 2, 3] } })

    const report = await runNumbers(again.source, { ...sink, layout: 'csv ;' }, { state })

    expect(again.asked.reads).toEqual(['a@0'])
    expect(report.notes.join()).toContain('layout or format are others now')
    expect(published).toEqual({ a: [1, 2, 3] })
  })

  it('an abandoned load keeps the rejects of what it published', async () => {
    const state = memoryState()
    const { sink } = parts()
    const pipeline = (splits: Record<string, number[]>, before?: (split: string) => void) =>
      definePipeline({
        name: 'p',
        params: z.object({ which: z.string() }),
        build: () =>
          from(numbers({ splits, bookmark: 'm', ...(before ? { before } : {}) }).source)
            .map(x => {
              if (x === 2) throw new RecordError('ETL_RECORD_INVALID', 'two')
              return x
            })
            .into(sink),
      })
    await run(pipeline({ a: [1, 2], b: [2] }, always('b', down)), { which: 'ab' }, { ...eager, state })

    await run(pipeline({ c: [3] }), { which: 'c' }, { ...eager, state })

    expect(await rejectsIn(state)).toMatchObject([{ group: 'a', raw: 2 }])
  })

  it('a --full run that was stopped goes on with the next --full run', async () => {
    const state = memoryState()
    const { sink } = parts()
    const stop = new AbortController()
    const before = (_: string, at: number) => (at === 2 ? stop.abort() : undefined)
    const splits = { a: [1, 2, 3, 4] }
    await runNumbers(numbers({ splits, before }).source, sink, { state, full: true, signal: stop.signal })
    const rest = numbers({ splits })

    await runNumbers(rest.source, sink, { state, full: true })

    expect(rest.asked.reads).toEqual(['a@2'])
  })

  it('a default of the parameters that changed sets bookmarks aside, another spelling does not', async () => {
    const state = memoryState()
    const { sink } = parts()
    const pipeline = (since: number) =>
      definePipeline({
        name: 'p',
        params: z.object({ since: z.coerce.number().default(since) }),
        build: () => from(numbers({ splits: { a: [1] }, bookmark: 'm' }).source).into(sink),
      })
    await run(pipeline(3), {}, { ...eager, state })

    const spelled = await run(pipeline(3), { since: '3', id: 'event id', time: 'now' } as never, { ...eager, state })
    const changed = await run(pipeline(1), {}, { ...eager, state })

    expect([spelled.status, changed.status]).toEqual(['unchanged', 'succeeded'])
  })

  it('a sink that appends is not appended to again because a version changed, unless told to', async () => {
    const state = memoryState()
    const { sink, rows } = table()
    const source = () => numbers({ splits: { a: [1] }, bookmark: 'm' }).source
    await runNumbers(source(), sink, { state })

    const refused = runNumbers(source(), sink, { state }, flow => flow, '2')
    await expect(refused).rejects.toMatchObject({ code: 'ETL_BOOKMARKS_OTHER' })
    const kept = await runNumbers(source(), sink, { state, keepBookmarks: true }, flow => flow, '2')

    expect(kept.status).toBe('unchanged')
    expect(rows).toEqual([1])
  })

  it('a trigger that died while its load was being closed closes it when it is delivered again', async () => {
    for (let atWrite = 4; ; atWrite++) {
      const state = memoryState()
      const { sink } = parts()
      const dying = dyingState(state, atWrite)
      const source = () => numbers({ splits: { a: [1] } }).source
      if ((await untilDeath(runNumbers(source(), sink, { state: dying.state, loadId: 'x' }), dying.died)) !== 'died') break

      await runNumbers(source(), sink, { state, loadId: 'x', clock: later })

      expect((await inspectState(state)).load, `write ${atWrite}`).toBeNull()
      expect(await keysLeft(state), `write ${atWrite}`).toEqual(['bookmarks', 'done/<day>/x', 'head', 'swept'])
    }
  })
})

describe('parameters that shape a load but not its groups', () => {
  const pipeline = (splits: Record<string, number[]>, sink: ReturnType<typeof parts>['sink']) =>
    definePipeline({
      name: 'p',
      params: z.object({ which: z.array(z.string()) }),
      loadOnly: ['which'],
      build: () => from(numbers({ splits, bookmark: 'm' }).source).into(sink),
    })

  it('leave the bookmarks of the groups', async () => {
    const state = memoryState()
    const { sink, calls } = parts()
    await run(pipeline({ a: [1] }, sink), { which: ['a'] }, { ...eager, state })

    const report = await run(pipeline({ a: [1], b: [2] }, sink), { which: ['a', 'b'] }, { ...eager, state })

    expect(report.groups).toMatchObject([
      { group: 'b', status: 'published' },
      { group: 'a', status: 'unchanged' },
    ])
    expect(calls.filter(call => call === 'publish a')).toHaveLength(1)
  })
})

describe('a group of which every record was rejected', () => {
  const none = (flow: Parameters<NonNullable<Parameters<typeof runNumbers>[3]>>[0]) =>
    flow.map((x): number => {
      throw new RecordError('ETL_RECORD_INVALID', `no ${x}`)
    })

  it('does not replace what is there by nothing, unless maxRejects says that it may', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    await runNumbers(numbers({ splits: { a: [1] }, bookmark: 'm1' }).source, sink, { state })

    const refused = await runNumbers(numbers({ splits: { a: [2] }, bookmark: 'm2' }).source, sink, { state }, none)
    const before = { ...published }
    const allowed = await runNumbers(
      numbers({ splits: { a: [2] }, bookmark: 'm2' }).source,
      sink,
      { state, maxRejects: { share: 1 } },
      none,
    )

    expect(refused).toMatchObject({ status: 'failed', error: { code: 'ETL_REJECTS_TOO_MANY' } })
    expect(before).toEqual({ a: [1] })
    expect(allowed.status).toBe('succeeded')
    expect(published).toEqual({ a: [] })
  })
})

describe('a layout that cannot be', () => {
  it('leaves nothing behind', async () => {
    const state = memoryState()
    const { sink } = parts()
    const refusing = { ...sink, survey: () => Promise.reject(new SourceError('ETL_CONFIG_INVALID', 'two groups, one path')) }

    await expect(runNumbers(numbers({ splits: { a: [1] } }).source, refusing, { state })).rejects.toThrow('one path')
    expect(await documents(state)).toEqual({})
  })
})

describe('what a source plans', () => {
  it.each([
    ['two splits of one id', ['a', 'a']],
    ['an id that is no key', ['a/b']],
    ['an id that is a folder', ['..']],
  ])('%s is refused before anything is owned', async (_, ids) => {
    const state = memoryState()
    const source = { ...numbers({ splits: {} }).source, plan: async () => ({ splits: ids.map(id => ({ id, params: null })) }) }

    await expect(runNumbers(source, parts().sink, { state })).rejects.toMatchObject({ code: 'ETL_PLAN_INVALID' })
    expect(await documents(state)).toEqual({})
  })

  it('batches of a source whose cursor does not move still have ids of their own', async () => {
    const { sink, ids } = parts()
    const still = numbers({ splits: { a: [1, 2, 3, 4, 5, 6] }, resumable: false })
    const source = {
      ...still.source,
      async *read(...args: Parameters<typeof still.source.read>) {
        for await (const batch of still.source.read(...args)) yield { ...batch, cursor: null }
      },
    }

    await runNumbers(source, sink, { state: memoryState() })

    expect(new Set(ids).size).toBe(3)
  })
})

describe('a store that loses an answer', () => {
  it('does not make a run believe that another one has taken over', async () => {
    const state = memoryState()
    let writes = 0
    const lossy = {
      ...state,
      save: async (...args: Parameters<typeof state.save>) => {
        const version = await state.save(...args)
        // The write happened; the client asks again and is refused because of itself.
        if (args[0] === 'head' && writes++ % 2 === 0) return state.save(args[0], args[1], args[2])
        return version
      },
    }
    const { sink, published } = parts()

    const report = await runNumbers(numbers({ splits: { a: [1, 2, 3] } }).source, sink, { state: lossy })

    expect(report.status).toBe('succeeded')
    expect(published).toEqual({ a: [1, 2, 3] })
    expect((await inspectState(state)).owner).toBeNull()
  })
})
