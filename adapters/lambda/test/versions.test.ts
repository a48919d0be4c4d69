import { definePipeline, from, memoryState, type RunReport } from '@millrace/etl-core'
import { memorySink } from '@millrace/etl-testkit'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { lambdaHandler } from '../src/index.js'
import { contextOf } from './support/deployed.js'

interface Row {
  readonly value: number
  readonly by: string
}

/** What is deployed, and in another version again, while a load is under way. */
function world() {
  const state = memoryState()
  const sink = memorySink<Row>({ disposition: 'replace' })
  let nowMs = Date.UTC(2026, 2, 1)
  const deployed = (version: string, layout = 'one') => {
    const pipeline = definePipeline({
      ...{ name: 'versions', version, params: z.object({ count: z.int() }) },
      build: ({ params: { count } }) =>
        from<{ value: number }>({
          ...{ name: 'numbers', identity: layout, capabilities: { resumable: true, rereads: 'same' as const } },
          plan: async () => ({ splits: [{ id: 'all', params: null }] }),
          async *read(_split, after) {
            for (let value = Number(after ?? 0) + 1; value <= count; value++) {
              nowMs += 1_000
              yield { records: [{ value }], cursor: value }
            }
          },
        })
          .map(({ value }) => ({ value, by: version }))
          .into(sink),
    })
    const run = { state, clock: { now: () => nowMs }, flushEvery: { batches: 1, intervalMs: 60_000 } }
    const handler = lambdaHandler(pipeline, { run, write: () => undefined })
    return async (count: number, budgetMs: number) => {
      const untilMs = nowMs + budgetMs
      return (await handler({ count }, { ...contextOf(), getRemainingTimeInMillis: () => untilMs - nowMs })) as RunReport
    }
  }
  return { deployed, rows: () => sink.visible().map(({ value, by }) => `${value} by ${by}`) }
}

describe('a load that one version of the code began', () => {
  test('is taken up by the next, whose steps run on what is left', async () => {
    const { deployed, rows } = world()
    const [old, next] = [deployed('1'), deployed('2')]

    const first = await old(6, 5_000)
    const second = await next(6, 60_000)

    expect([first.status, second.status]).toEqual(['stopped', 'succeeded'])
    expect(second).toMatchObject({ loadId: first.loadId, attempt: 2 })
    expect(rows().map(row => row[0])).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(new Set(rows().map(row => row.slice(2)))).toEqual(new Set(['by 1', 'by 2']))
  })

  test('goes back and forth between both while they are rolled out, and each record is there once', async () => {
    const { deployed, rows } = world()
    const both = [deployed('1'), deployed('2')]
    let report: RunReport | undefined
    for (let times = 0; report?.status !== 'succeeded' && times < 30; times++) report = await both[times % 2]?.(12, 5_000)

    expect(rows().map(row => Number(row.split(' ')[0]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  test('is abandoned by one that reads or writes in another form, says so, and loads everything anew', async () => {
    const { deployed, rows } = world()
    const [old, next] = [deployed('1', 'one'), deployed('2', 'other')]

    const first = await old(4, 4_000)
    const second = await next(4, 60_000)

    expect(second.loadId).not.toBe(first.loadId)
    expect(second.notes.join()).toContain(`Load ${first.loadId} was unfinished and is abandoned`)
    expect(rows()).toEqual(['1 by 2', '2 by 2', '3 by 2', '4 by 2'])
  })
})
