import { noCounts, type RunReport } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import { fitted } from '../src/fit-answer.js'

const report = (groups: number, splits: number): RunReport =>
  ({
    pipeline: 'p',
    version: '1',
    status: 'succeeded',
    loadId: 'l',
    attempt: 1,
    startedAt: '2026-03-01T09:15:00Z',
    finishedAt: '2026-03-01T09:16:00Z',
    durationMs: 60_000,
    guarantee: { delivery: 'exactly once', reasons: [], survivesStop: true },
    state: 's3://bucket/_millrace',
    counts: noCounts,
    groups: Array.from({ length: groups }, (_, at) => ({
      group: `group ${at}`,
      status: 'published',
      objects: [{ place: `s3://bucket/${at}.csv`, bytes: 1, hash: 'x', change: 'created' }],
    })),
    splits: Array.from({ length: splits }, (_, at) => ({
      split: `split-${at}`,
      group: 'group 1',
      status: 'committed',
      counts: noCounts,
      attempts: 1,
      durationMs: 1,
    })),
    rejects: { byReason: {}, samples: [] },
    left: 0,
    concurrency: 4,
    notes: ['kept'],
  }) as unknown as RunReport

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

describe('the report of a large load', () => {
  test('is answered as it is where there is room', () => {
    const small = report(2, 2)

    expect(fitted(small, 6_000_000)).toBe(small)
  })

  test.each([
    [20_000, 'the 5000 splits'],
    [3_000, 'the 5000 splits, the objects'],
    [1_000, 'the 20 groups and 5000 splits'],
  ])('is cut to %i bytes, and says what it lacks', (most, lacks) => {
    const cut = fitted(report(20, 5_000), most)

    expect(bytesOf(cut)).toBeLessThanOrEqual(most)
    expect(cut.notes.join()).toContain(lacks)
    expect(cut).toMatchObject({ status: 'succeeded', loadId: 'l' })
  })
})
