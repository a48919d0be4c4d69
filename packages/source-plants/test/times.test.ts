import { isEtlError } from '@millrace/etl-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localText } from '../src/testing/bodies.js'
import { type TimeRules, utcOf } from '../src/times.js'
import { runs } from './runs.js'

/** Rules for an answer given at this moment. */
const near = (iso: string, over: Partial<TimeRules> = {}): TimeRules => ({
  timeZone: 'Europe/London',
  nearMs: Date.parse(iso),
  futureToleranceMs: 300_000,
  ...over,
})

const errorOf = (value: unknown, rules: TimeRules) => {
  try {
    return utcOf(value, 'recording_taken', rules)
  } catch (error) {
    if (!isEtlError(error)) throw error
    return `${error.code} ${error.message}`
  }
}

describe('a time of the API', () => {
  it.each([
    ['generation 1, without a zone', '2025-02-04 15:58:28', '2025-02-04T15:58:28Z'],
    ['generation 1, watering', 'Tue, 04 Feb 2025 13:54:32 GMT', '2025-02-04T13:54:32Z'],
    ['generation 2', '2025-02-04T12:31:02.634Z', '2025-02-04T12:31:02.634Z'],
    ['generation 3, with microseconds', '2025-02-04T15:16:04.703006', '2025-02-04T15:16:04.703006Z'],
    ['generation 3, watering', '2025-02-04T13:12:19', '2025-02-04T13:12:19Z'],
    ['an offset', '2025-02-04T17:31:02+05:00', '2025-02-04T12:31:02Z'],
    ['RFC 1123 with an offset', 'Tue, 04 Feb 2025 13:54:32 -0100', '2025-02-04T14:54:32Z'],
    ['zeros that say nothing', '2025-02-04T12:31:02.500000Z', '2025-02-04T12:31:02.5Z'],
    ['zeros only', '2025-02-04T12:31:02.000Z', '2025-02-04T12:31:02Z'],
    ['more than six digits', '2025-02-04T12:31:02.1234567891', '2025-02-04T12:31:02.123456Z'],
  ])('is UTC: %s', (_, text, utc) => {
    expect(utcOf(text, 'recording_taken', near('2025-02-04T16:00:00Z'))).toBe(utc)
  })

  it('without a zone is an hour earlier in UTC while London has summer time', () => {
    expect(utcOf('2026-07-01 12:00:00', 'recording_taken', near('2026-07-01T11:00:10Z'))).toBe('2026-07-01T11:00:00Z')
  })

  it('that happened twice in October is the one nearest before the answer', () => {
    const text = '2026-10-25 01:30:00'

    expect(utcOf(text, 'recording_taken', near('2026-10-25T00:30:20Z'))).toBe('2026-10-25T00:30:00Z')
    expect(utcOf(text, 'recording_taken', near('2026-10-25T01:30:20Z'))).toBe('2026-10-25T01:30:00Z')
  })

  it('that the clocks of March skipped is refused', () => {
    expect(errorOf('2026-03-29T01:30:00.5', near('2026-03-29T01:30:02Z'))).toMatch(/^ETL_RECORD_INVALID .*did not happen/)
  })

  it.each([
    ['yesterday'],
    [''],
    ['2026-07-01'],
    ['2026-07-01T11:00:00 Mars'],
    ['Wed, 01 Jux 2026 11:00:00 GMT'],
    ['Wed, 31 Feb 2026 11:00:00 GMT'],
    ['2026-02-30T11:00:00Z'],
    [1782903600],
    [null],
    [{}],
  ])('that cannot be read is refused: %j', value => {
    expect(errorOf(value, near('2026-07-01T11:00:10Z'))).toMatch(/^ETL_RECORD_UNPARSABLE /)
  })

  it('on no day of the calendar is refused', () => {
    expect(errorOf('2026-02-30 11:00:00', near('2026-07-01T11:00:10Z'))).toMatch(/^ETL_RECORD_INVALID /)
  })

  it('may be ahead of the answer as far as clocks may disagree, and no further', () => {
    const rules = near('2026-07-01T11:00:00Z', { futureToleranceMs: 2_000 })

    expect(utcOf('2026-07-01T11:00:02Z', 'recording_taken', rules)).toBe('2026-07-01T11:00:02Z')
    expect(errorOf('2026-07-01T11:00:02.001Z', rules)).toMatch(/^ETL_RECORD_INVALID is in the future/)
  })
})

describe('a moment written in London without a zone', () => {
  /** Seconds around both changes of 2026, and around a plain day. */
  const moments = fc
    .tuple(
      fc.constantFrom('2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-07-01T12:00:00Z'),
      fc.integer({ min: -3 * 3600, max: 3 * 3600 }),
    )
    .map(([change, seconds]) => Date.parse(change) + seconds * 1000)
  const agoMs = fc.integer({ min: 0, max: 50_000 })

  it('is that moment again, if it was less than a minute before the answer', () => {
    fc.assert(
      fc.property(moments, agoMs, fc.constantFrom(' ' as const, 'T' as const), (atMs, ago, between) => {
        const text = localText(atMs, 'Europe/London', between)

        const utc = utcOf(text, 'recording_taken', near(new Date(atMs + ago).toISOString()))

        expect(Date.parse(utc)).toBe(atMs)
      }),
      runs(300),
    )
  })

  it('keeps its digits, whatever the clocks do', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 999_999 }), (atMs, micros) => {
        const digits = String(micros).padStart(6, '0')
        const text = `${localText(atMs, 'Europe/London', 'T')}.${digits}`

        const utc = utcOf(text, 'recording_taken', near(new Date(atMs + 1000).toISOString()))

        expect(utc).toBe(`${new Date(atMs).toISOString().slice(0, 19)}.${digits.replace(/0+$/, '')}Z`)
      }),
      runs(),
    )
  })

  it('comes later in UTC if it came later, all through the night of October', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * 3600 }), fc.integer({ min: 1, max: 3600 }), (second, step) => {
        const first = Date.parse('2026-10-24T23:30:00Z') + second * 1000
        const [a, b] = [first, first + step * 1000].map(atMs =>
          utcOf(localText(atMs, 'Europe/London', ' '), 'recording_taken', near(new Date(atMs + 500).toISOString())),
        )

        expect(Date.parse(b as string) - Date.parse(a as string)).toBe(step * 1000)
      }),
      runs(),
    )
  })

  it('that no clock showed in March is refused, whenever the answer came', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3599 }), fc.integer({ min: -7200, max: 7200 }), (second, answered) => {
        const text = `2026-03-29 01:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}`
        const rules = near(new Date(Date.parse('2026-03-29T01:00:00Z') + answered * 1000).toISOString())

        expect(errorOf(text, rules)).toMatch(/^ETL_RECORD_INVALID .*did not happen/)
      }),
      runs(),
    )
  })

  it('is UTC text of the column, or refused, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.jsonValue(), fc.date({ noInvalidDate: true }).map(String)), value => {
        const outcome = errorOf(value, near('2026-07-01T11:00:00Z'))

        expect(outcome).toMatch(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$|ETL_RECORD_)/)
      }),
      runs(),
    )
  })
})
