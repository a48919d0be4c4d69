import { describe, expect, it } from 'vitest'
import { isEtlError, RecordError, type RunEvent } from '../src/index.js'
import { down, memoryState, numbers, parts, runNumbers } from './world.js'

describe('progress events', () => {
  it('tell a run from its start to its report, as plain JSON', async () => {
    const events: RunEvent[] = []
    let failures = 0
    const data = numbers({
      splits: { a: [1, 2, 3] },
      before: (_, at) => (at === 2 && failures++ === 0 ? Promise.reject(down()) : undefined),
    })

    const report = await runNumbers(data.source, parts().sink, { state: memoryState(), onEvent: event => events.push(event) })

    expect([...new Set(events.map(({ type }) => type))]).toEqual([
      'load.started',
      'split.started',
      'split.progress',
      'split.saved',
      'split.retry',
      'split.finished',
      'group.published',
      'load.finished',
    ])
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
    expect(events.at(-1)).toMatchObject({ report })
    expect(new Set(events.map(({ loadId }) => loadId))).toEqual(new Set([report.loadId]))
  })

  it('a listener that throws disturbs nothing', async () => {
    const onEvent = () => {
      throw new Error('listener')
    }

    const report = await runNumbers(numbers({ splits: { a: [1] } }).source, parts().sink, { state: memoryState(), onEvent })

    expect(report.status).toBe('succeeded')
  })
})

describe('a report', () => {
  it('is plain JSON, whatever happened', async () => {
    const rejecting = (flow: Parameters<NonNullable<Parameters<typeof runNumbers>[3]>>[0]) =>
      flow.map((): number => {
        throw new RecordError('ETL_RECORD_INVALID', 'bad')
      })
    const failing = numbers({
      splits: { a: [1], b: [2] },
      before: split => (split === 'b' ? Promise.reject(new Error('x')) : undefined),
    })

    const report = await runNumbers(failing.source, parts().sink, { state: memoryState() }, rejecting)

    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(report).toMatchObject({
      status: 'failed',
      rejects: { byReason: { bad: 1 }, samples: [{ split: 'a', stage: '1 map' }] },
    })
  })

  it('counts reasons by name up to 50 and the rest together', async () => {
    const records = Array.from({ length: 120 }, (_, index) => index)

    const report = await runNumbers(numbers({ splits: { a: records } }).source, parts().sink, { state: memoryState() }, flow =>
      flow.map((x): number => {
        throw new RecordError('ETL_RECORD_INVALID', `reason ${x}`)
      }),
    )

    expect(Object.keys(report.rejects.byReason).length).toBeLessThanOrEqual(51)
    expect(Object.values(report.rejects.byReason).reduce((a, b) => a + b)).toBe(120)
  })
})

describe('run options that make no sense', () => {
  it.each([
    { deadlineAtMs: Number.NaN },
    { waitMs: -1 },
    { flushEvery: { batches: 0, intervalMs: 1 } },
    { concurrency: 0 },
    { memoryMiB: Number.NaN },
    { maxRejects: -1 },
    { maxRejects: { share: 2 } },
    { loadId: '' },
  ])('%o are refused before anything is read', async options => {
    const data = numbers({ splits: { a: [1] } })

    const running = runNumbers(data.source, parts().sink, options)

    expect(isEtlError(await running.catch(error => error), 'ETL_CONFIG_INVALID')).toBe(true)
    expect(data.asked.plans).toBe(0)
  })
})
