import { ConfigError, definePipeline, from, type Sink } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { arraySource, memorySink, tryOut } from '../src/index.js'

const order = z.object({ id: z.string(), amount: z.number(), day: z.string() })

const never = arraySource<{ id: string; amount: unknown }>({ splits: { all: [] } })
const orders = definePipeline({
  name: 'orders',
  params: z.object({ least: z.number().default(1) }),
  build: ({ params }) =>
    from(never)
      .filter(each => each.amount !== 0)
      .map((each, ctx) => ({ ...each, day: new Date(ctx.load.startedAtMs).toISOString().slice(0, 10) }))
      .validate(order.extend({ amount: z.number().min(params.least) }))
      .into(memorySink()),
})

describe('tryOut', () => {
  it("runs a pipeline's own steps over given records and asks its source for nothing", async () => {
    const records = [
      { id: 'a', amount: 3 },
      { id: 'b', amount: 0 },
      { id: 'c', amount: 'ten' },
    ]

    const { written, rejects, report } = await tryOut(orders, { records, startedAtMs: Date.UTC(2026, 1, 28, 12) })

    expect(written).toEqual([{ id: 'a', amount: 3, day: '2026-02-28' }])
    expect(rejects.map(({ stage, raw }) => [stage, raw])).toEqual([['3 validate', { id: 'c', amount: 'ten' }]])
    expect(report).toMatchObject({ status: 'succeeded', counts: { read: 3, written: 1, rejected: 1, dropped: 1 } })
    expect(never.asked.plans).toBe(0)
  })

  it('takes parameters as a caller gives them, and refuses those that are not valid', async () => {
    const records = [{ id: 'a', amount: 3 }]

    expect((await tryOut(orders, { records, params: { least: 5 } })).written).toEqual([])
    // @ts-expect-error - the types refuse it too
    const bad = tryOut(orders, { records, params: { least: 'five' } })
    await expect(bad).rejects.toMatchObject({ code: 'ETL_PARAMS_INVALID' })
  })

  it('takes a list of lists as one batch each', async () => {
    const sizes: number[] = []
    const counting = definePipeline({
      name: 'counting',
      build: () =>
        from(arraySource<number>({ splits: {} }))
          .through<number>({
            name: 'count',
            apply(records, emit) {
              sizes.push(records.length)
              for (const [index, record] of records.entries()) emit(record, index)
            },
          })
          .into(memorySink()),
    })

    const { written } = await tryOut(counting, { records: [[1, 2], [], [3]] })

    expect(sizes).toEqual([2, 0, 1])
    expect(written).toEqual([1, 2, 3])
  })

  it('reports a step that fails', async () => {
    const broken = definePipeline({
      name: 'broken',
      build: () =>
        from(arraySource<{ id: string }>({ splits: {} }))
          .map(each => each.id.length.toFixed(200))
          .into(memorySink()),
    })

    const { report } = await tryOut(broken, { records: [{ id: 'a' }] })

    expect(report).toMatchObject({ status: 'failed', error: { code: 'ETL_STEP_FAILED' } })
  })

  it('tells that the flow does not fit its own sink', async () => {
    const picky: Sink<number> = {
      ...memorySink<number>(),
      prepare() {
        throw new ConfigError('ETL_CONFIG_INVALID', 'it needs columns')
      },
    }
    const unfit = definePipeline({ name: 'unfit', build: () => from(arraySource<number>({ splits: {} })).into(picky) })

    await expect(tryOut(unfit, { records: [1] })).rejects.toThrow('it needs columns')
  })

  it('refuses what is not a flow', async () => {
    const flow = from(arraySource<number>({ splits: {} })).into(memorySink())
    const other = definePipeline({ name: 'other', build: () => ({ ...flow, withEnds: undefined }) as never })

    await expect(tryOut(other, { records: [] })).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
  })
})
