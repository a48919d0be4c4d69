import { noCounts, type RunEvent, type RunReport } from '@millrace/etl-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from '../src/nearest.js'
import { liveScreen } from '../src/show/live-screen.js'
import { liveView } from '../src/show/live-view.js'
import { summaryText } from '../src/show/summary.js'
import { bytes, count, counted, duration, fit } from '../src/show/units.js'

type Body = RunEvent extends infer E ? (E extends unknown ? Omit<E, 'atMs' | 'pipeline' | 'loadId'> : never) : never
const at = (atMs: number, body: Body) => ({ atMs, pipeline: 'p', loadId: 'l', ...body }) as RunEvent
const started = (split: string, atMs = 0) =>
  at(atMs, { type: 'split.started', split, group: split, attempt: 1, resumedAtBatch: 0 })
const progress = (split: string, read: number, more = {}) =>
  at(500, { type: 'split.progress', split, group: split, counts: { ...noCounts, read, ...more } })
const finished = (split: string, status: 'committed' | 'failed', read = 10) =>
  at(1000, {
    type: 'split.finished',
    split,
    group: split,
    report: { split, group: split, status, counts: { ...noCounts, read }, attempts: 1, durationMs: 1000 },
  })

function viewOf(events: readonly RunEvent[], splits: number) {
  const view = liveView()
  view.take(at(0, { type: 'load.started', attempt: 1, splits, groups: splits, resumed: false }))
  for (const event of events) view.take(event)
  return view
}

describe('a summary', () => {
  const report: RunReport = {
    ...{
      pipeline: 'p',
      version: '1',
      status: 'succeeded',
      loadId: 'l',
      attempt: 1,
      startedAt: '',
      finishedAt: '',
      durationMs: 1,
    },
    guarantee: { delivery: 'exactly once', survivesStop: true, reasons: [] },
    ...{ state: 'memory', counts: noCounts, groups: [], splits: [], rejects: { byReason: {}, samples: [] } },
    ...{ left: 0, concurrency: 1, notes: [] },
  }

  test('says how often others were asked, where they were', () => {
    const requests = { 'api.example.org': { GET: 1_200 }, s3: { GetObject: 2, PutObject: 3 } }

    expect(summaryText({ ...report, requests })).toContain('\n  requests: api.example.org 1,200, s3 5\n')
    expect(summaryText(report)).not.toContain('requests')
  })
})

describe('live lines', () => {
  test('one for each split: records, bytes, rate, retries, rejects', () => {
    const view = viewOf([started('a'), progress('a', 2_000, { bytes: 1_500_000, retries: 1, rejected: 3 })], 2)

    expect(view.lines(1000, 120, 40)).toEqual([
      '> a         2,000 records  1.5 MB  2,000/s  1 retry  3 rejects',
      '0/2 splits  2,000 records  1.5 MB  2,000/s  1 retry  3 rejects  1.0 s',
    ])
  })

  test('begin anew when a follower runs, whose splits may have the same names', () => {
    const view = viewOf([started('a'), progress('a', 2_000)], 1)
    for (const event of [at(600, { type: 'load.started', attempt: 1, splits: 2, groups: 2, resumed: false }), started('a', 600)])
      view.take({ ...event, pipeline: 'follower' })

    expect(view.lines(1600, 120, 40).map(line => line.replace(/ +/g, ' '))).toEqual([
      '> a 0 records 0/s',
      '0/2 splits 0 records 0/s 1.0 s',
    ])
  })

  test('a split that waits says for what, and how it ended in the end', () => {
    const view = viewOf([started('a')], 1)
    view.take(
      at(10, {
        type: 'split.retry',
        split: 'a',
        group: 'a',
        waitMs: 2_000,
        error: { code: 'X', message: 'busy', retry: 'later' },
      }),
    )
    expect(view.lines(20, 80, 40)[0]).toContain('again in 2.0 s: busy')

    view.take(finished('a', 'committed'))
    expect(view.lines(9_000, 80, 40)[0]).toBe('+ a         10 records  10/s')
  })

  test('more splits than there is room for are summed up, those at work keep their line', () => {
    const names = Array.from({ length: 30 }, (_, index) => `s${index}`)
    const done = names.slice(0, 26)
    const view = viewOf(
      [...names.map(name => started(name)), ...done.map(name => finished(name, name === 's3' ? 'failed' : 'committed'))],
      30,
    )

    const lines = view.lines(2_000, 100, 40)

    expect(lines).toHaveLength(14)
    for (const name of ['s3', 's26', 's27', 's28', 's29']) expect(lines.some(line => line.includes(` ${name} `))).toBe(true)
    expect(lines[12]).toBe('  and 18 more splits: 18 done; 180 records')
    expect(lines[13]).toContain('26/30 splits')
  })

  test('fit any terminal, and nothing in them moves the cursor', () => {
    const view = viewOf([started('evil\u001b[2J\n'), progress('evil\u001b[2J\n', 5)], 1)
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 60 }), (columns, rows) => {
        const lines = view.lines(700, columns, rows)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        return lines.every(line => [...line].length < columns && !/[\u0000-\u001f]/.test(line))
      }),
      { numRuns: process.env.MILLRACE_TEST_LONG ? 2000 : 100 },
    )
  })

  test('what should stay is said above them: notes, failed groups, a load taken up again', () => {
    const view = liveView()

    expect(view.take(at(0, { type: 'load.started', attempt: 2, splits: 1, groups: 1, resumed: true }))).toBe(
      'taking up load l, attempt 2',
    )
    expect(view.take(at(0, { type: 'note', message: 'bookmarks were set aside' }))).toBe('bookmarks were set aside')
    expect(view.take(at(0, { type: 'group.failed', group: 'g', error: { code: 'X', message: 'gone', retry: 'never' } }))).toBe(
      'g failed [X]',
    )
    expect(view.take(started('a'))).toBeUndefined()
  })
})

describe('the live screen', () => {
  const screenOver = (lines: () => string[]) => {
    const writes: string[] = []
    return { writes, screen: liveScreen({ stderr: { write: (text: string) => writes.push(text) } }, lines) }
  }

  test('draws over what it drew, and leaves nothing behind', () => {
    let lines = ['one', 'two']
    const { writes, screen } = screenOver(() => lines)
    screen.changed()
    lines = ['three']
    screen.above('kept')
    screen.close()

    expect(writes).toEqual(['one\ntwo\n', '\u001b[2A\r\u001b[Jkept\nthree\n', '\u001b[1A\r\u001b[J'])
  })

  test('redraws at most about ten times a second', async () => {
    const { writes, screen } = screenOver(() => ['x'])
    const untilMs = Date.now() + 250
    while (Date.now() < untilMs) {
      screen.changed()
      await new Promise(resolve => setImmediate(resolve))
    }

    expect(writes.length).toBeGreaterThanOrEqual(2)
    expect(writes.length).toBeLessThanOrEqual(4)
  })
})

describe('numbers for people', () => {
  test('counts, bytes and durations in units that fit', () => {
    expect([0, 1, 1_234_567].map(count)).toEqual(['0', '1', '1,234,567'])
    expect([counted(1, 'retry', 'retries'), counted(2, 'retry', 'retries')]).toEqual(['1 retry', '2 retries'])
    expect([0, 999, 1_000, 999_950, 1_234_567, 250_000_000].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.0 MB',
      '1.2 MB',
      '250 MB',
    ])
    expect([350, 2_400, 59_999, 185_000, 3_720_000].map(duration)).toEqual([
      '350 ms',
      '2.4 s',
      '1 min 00 s',
      '3 min 05 s',
      '1 h 02 min',
    ])
  })

  test('text is cut to the width it is given', () => {
    expect([fit('population', 10), fit('population', 6), fit('a\tb', 5)]).toEqual(['population', 'popul…', 'a\ufffdb'])
  })
})

test('the nearest word is a slip away, or none', () => {
  expect(nearest('indicatr', ['indicator', 'since'])).toBe('indicator')
  expect(nearest('sicne', ['since', 'until'])).toBe('since')
  expect(nearest('xyz', ['since', 'until'])).toBeUndefined()
})
