import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zonedToUtc } from '../src/index.js'
import { runs } from './runs.js'

const london = (local: string, near?: string) =>
  zonedToUtc(local, 'Europe/London', near === undefined ? {} : { near: Date.parse(near) })

describe('zonedToUtc', () => {
  it.each([
    ['winter', '2025-02-04 15:58:28', '2025-02-04T15:58:28Z'],
    ['summer', '2025-07-04T15:58:28', '2025-07-04T14:58:28Z'],
    ['all digits', '2025-07-04 15:16:04.7030061', '2025-07-04T14:16:04.7030061Z'],
    ['no seconds', '2025-07-04 15:16', '2025-07-04T14:16:00Z'],
    ['the second before spring', '2025-03-30 00:59:59', '2025-03-30T00:59:59Z'],
    ['the second after spring', '2025-03-30 02:00:00', '2025-03-30T01:00:00Z'],
    ['the second before autumn', '2025-10-26 00:59:59.999', '2025-10-25T23:59:59.999Z'],
    ['the second after autumn', '2025-10-26 02:00:00', '2025-10-26T02:00:00Z'],
  ])('converts London time in %s', (_, local, utc) => {
    expect(london(local)).toBe(utc)
  })

  it.each([
    ['fetched in the first hour', '2025-10-26T00:31:00Z', '2025-10-26T00:30:00.5Z'],
    ['fetched in the second hour', '2025-10-26T01:31:00Z', '2025-10-26T01:30:00.5Z'],
    ['fetched up to 5 minutes before, by another clock', '2025-10-26T01:25:00.500Z', '2025-10-26T01:30:00.5Z'],
    ['fetched more than 5 minutes before', '2025-10-26T01:24:59.000Z', '2025-10-26T00:30:00.5Z'],
    ['fetched a day later', '2025-10-27T00:00:00Z', '2025-10-26T01:30:00.5Z'],
    ['fetched before both', '2025-10-25T00:00:00Z', '2025-10-26T00:30:00.5Z'],
  ])('takes, of two instants in autumn, the one closest to and not after near + 5 min: %s', (_, near, utc) => {
    expect(london('2025-10-26 01:30:00.5', near)).toBe(utc)
  })

  it('refuses a time that happened twice when nothing tells which, and one that did not happen', () => {
    const invalid = expect.objectContaining({ code: 'ETL_RECORD_INVALID' })

    expect(() => london('2025-10-26 01:30:00')).toThrow(invalid)
    expect(() => london('2025-03-30 01:30:00')).toThrow(invalid)
    expect(() => london('2025-03-30 01:30:00', '2025-03-30T01:31:00Z')).toThrow('did not happen')
  })

  it.each(['2025-02-04T15:58:28Z', '2025-02-30 10:00:00', '2025-02-04', '24:00', '2025-02-04 24:00:00'])(
    'refuses %j, which is no local time',
    local => {
      expect(() => london(local)).toThrow(expect.objectContaining({ code: 'ETL_RECORD_INVALID' }))
    },
  )

  it('names a zone it does not know', () => {
    expect(() => zonedToUtc('2025-01-01 00:00', 'Europe/Londn')).toThrow(expect.objectContaining({ code: 'ETL_CONFIG_INVALID' }))
  })

  it('knows a zone that skipped a day, half-hour changes and old offsets with seconds', () => {
    expect(() => zonedToUtc('2011-12-30 12:00', 'Pacific/Apia')).toThrow('did not happen')
    expect(zonedToUtc('2011-12-31 00:00', 'Pacific/Apia')).toBe('2011-12-30T10:00:00Z')
    expect(zonedToUtc('2025-04-06 01:45', 'Australia/Lord_Howe', { near: Date.parse('2025-04-05T14:50:00Z') })).toBe(
      '2025-04-05T14:45:00Z',
    )
    expect(zonedToUtc('1840-01-01 00:00', 'Europe/London')).toBe('1840-01-01T00:01:15Z')
  })

  it('agrees with trying every instant around a transition', () => {
    const transitions = [
      ['Europe/London', '2025-03-30T01:00:00Z'],
      ['Europe/London', '2025-10-26T01:00:00Z'],
      ['America/New_York', '2025-11-02T06:00:00Z'],
      ['Australia/Lord_Howe', '2025-04-05T15:00:00Z'],
      ['America/St_Johns', '2025-03-09T05:30:00Z'],
    ] as const
    const minutes = fc.integer({ min: -36 * 60, max: 36 * 60 })

    fc.assert(
      fc.property(fc.constantFrom(...transitions), minutes, minutes, ([zone, transition], wallMinute, nearMinute) => {
        const at = Date.parse(transition)
        const local = new Date(at + wallMinute * 60_000).toISOString().slice(0, 19)
        const near = at + nearMinute * 60_000

        expect(attempt(() => zonedToUtc(local, zone, { near }))).toBe(bruteForce(local, zone, near))
      }),
      runs(),
    )
  })
})

function attempt(convert: () => string): string {
  try {
    return convert()
  } catch {
    return 'refused'
  }
}

/** Tries every quarter of a minute-aligned hour around the local time read as UTC, and applies the rule as the text states it. */
function bruteForce(local: string, timeZone: string, near: number): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const wall = Date.parse(`${local}Z`)
  const instants: number[] = []
  for (let at = wall - 15 * 3_600_000; at <= wall + 15 * 3_600_000; at += 15 * 60_000) {
    if (format.format(at).replace(' ', 'T') === local) instants.push(at)
  }
  const limit = near + 5 * 60_000
  const best = instants.filter(at => at <= limit).at(-1) ?? instants[0]
  return best === undefined ? 'refused' : new Date(best).toISOString().replace('.000', '')
}
