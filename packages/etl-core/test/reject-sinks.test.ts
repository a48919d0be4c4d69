import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePipeline, from, isEtlError, memoryState, type Reject, type RunOptions, run, type Sink } from '../src/index.js'
import { dyingState, eager, numbers, parts, rejectsIn, table, untilDeath } from './world.js'

/** A sink of rejects over one of numbers: their raw values. */
function rejectParts(options: Parameters<typeof parts>[0] = {}) {
  const { sink, published, calls } = parts(options)
  const of: Sink<Reject> = {
    ...(sink as unknown as Sink<Reject>),
    async open(ctx) {
      const writer = await sink.open(ctx)
      return {
        ...writer,
        write: ({ rows, ...batch }) =>
          writer.write({
            ...batch,
            rows: { length: rows.length, toArray: () => rows.toArray().map(({ raw }) => raw as number) },
          }),
      }
    },
  }
  return { sink: of, published, calls }
}

const even = z.number().refine(number => number % 2 === 0, 'must be even')

function evens(
  ends: { readonly sink: Sink<number>; readonly rejectsTo: Sink<Reject> },
  data = numbers({ splits: { all: [1, 2, 3, 4, 5] } }),
) {
  return definePipeline({
    name: 'evens',
    build: () => from(data.source).validate(even, { rejectsTo: ends.rejectsTo }).into(ends.sink),
  })
}
const runEvens = (pipeline: ReturnType<typeof evens>, options: RunOptions = {}) => run(pipeline, {}, { ...eager, ...options })

describe('rejectsTo', () => {
  it('copies a step’s rejects to another sink, with their group, and keeps them in the store', async () => {
    const state = memoryState()
    const [main, bad] = [parts(), rejectParts()]

    const report = await runEvens(evens({ sink: main.sink, rejectsTo: bad.sink }), { state })

    expect(report.counts).toMatchObject({ written: 2, rejected: 3 })
    expect(main.published).toEqual({ all: [2, 4] })
    expect(bad.published).toEqual({ all: [1, 3, 5] })
    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([1, 3, 5])
  })

  it('takes the rejects of its own step only', async () => {
    const [main, bad] = [parts(), rejectParts()]
    const { source } = numbers({ splits: { all: [1, 2, 4, 6] } })
    const small = z.number().max(4)
    const pipeline = definePipeline({
      name: 'small',
      build: () => from(source).validate(small).validate(even, { rejectsTo: bad.sink }).into(main.sink),
    })

    await run(pipeline, {}, eager)

    expect(main.published).toEqual({ all: [2, 4] })
    expect(bad.published).toEqual({ all: [1] })
  })

  it('holds each reject once, wherever the process dies, though the two sinks acknowledge at different times', async () => {
    for (const [mainLags, badLags] of [
      [true, false],
      [false, true],
    ] as const) {
      const sinks = () => ({ main: parts({ lags: mainLags }), bad: rejectParts({ lags: badLags }) })
      const whole = dyingState(memoryState(), Number.POSITIVE_INFINITY)
      const undisturbed = sinks()
      await runEvens(evens({ sink: undisturbed.main.sink, rejectsTo: undisturbed.bad.sink }), { state: whole.state })
      for (let at = 0; at < whole.writes(); at++) {
        const { main, bad } = sinks()
        const state = memoryState()
        const dying = dyingState(state, at)
        const pipeline = () => evens({ sink: main.sink, rejectsTo: bad.sink })
        await untilDeath(runEvens(pipeline(), { state: dying.state, leaseMs: 1, loadId: 'once' }), dying.died)

        await runEvens(pipeline(), { state, waitMs: 1_000, loadId: 'once' })

        expect(main.published, `died at write ${at}`).toEqual({ all: [2, 4] })
        expect(bad.published, `died at write ${at}`).toEqual({ all: [1, 3, 5] })
        expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([1, 3, 5])
      }
    }
  })

  it('does not set bookmarks aside when it is added', async () => {
    const state = memoryState()
    const main = parts()
    const data = { splits: { all: [1, 2] }, bookmark: 'b1' }
    const without = definePipeline({
      name: 'evens',
      build: () => from(numbers(data).source).validate(even).into(main.sink),
    })
    await run(without, {}, { ...eager, state })

    const report = await runEvens(evens({ sink: main.sink, rejectsTo: rejectParts().sink }, numbers(data)), { state })

    expect(report.status).toBe('unchanged')
  })

  it('abandons a load that was begun without it: what is staged fits no more', async () => {
    const state = memoryState()
    const main = parts()
    const stop = new AbortController()
    const stopping = numbers({
      splits: { all: [1, 2, 3, 4] },
      before: (_, at) => void (at === 2 && stop.abort(new Error('stop'))),
    })
    const without = definePipeline({ name: 'evens', build: () => from(stopping.source).validate(even).into(main.sink) })
    await run(without, {}, { ...eager, state, signal: stop.signal })
    const bad = rejectParts()

    const report = await runEvens(evens({ sink: main.sink, rejectsTo: bad.sink }), { state })

    expect(report.status).toBe('succeeded')
    expect(report.notes.join(' ')).toContain('abandoned')
    expect(bad.published).toEqual({ all: [1, 3, 5] })
  })

  it('is said by explain, with its step', () => {
    const { rejectsTo } = evens({ sink: parts().sink, rejectsTo: rejectParts().sink }).build({}).explain()

    expect(rejectsTo).toEqual([{ stage: '1 validate', sink: 'parts' }])
  })

  it('says what could not be copied: the reject store has it', async () => {
    const state = memoryState()
    const bad = rejectParts({ refuse: number => number === 3 })

    const report = await runEvens(evens({ sink: parts().sink, rejectsTo: bad.sink }), { state })

    expect(bad.published).toEqual({ all: [1, 5] })
    expect(report.notes.join(' ')).toContain('1 reject of split all could not be copied')
    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([1, 3, 5])
  })

  it('refuses copies that are replaced beside records that are not: later loads would remove them', () => {
    const { sink } = parts()
    const appending: Sink<number> = { ...sink, capabilities: { ...sink.capabilities, disposition: 'append' } }

    expect(() => evens({ sink: appending, rejectsTo: rejectParts().sink }).build({})).toThrow(/appended/)
  })

  it('refuses sinks that would double what is written again', () => {
    const doubling = table().sink as unknown as Sink<Reject>
    for (const ends of [
      { sink: parts().sink, rejectsTo: doubling },
      { sink: table().sink, rejectsTo: rejectParts().sink },
    ]) {
      let error: unknown
      try {
        evens(ends).build({})
      } catch (thrown) {
        error = thrown
      }
      expect(isEtlError(error, 'ETL_CONFIG_INVALID')).toBe(true)
    }
  })
})
