import { ConfigError, RecordError } from '@millrace/etl-core'
import { epochSeconds, instantText } from './calendar.js'

const localShape = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?$/
const nearSlackSeconds = 5 * 60
// No zone was ever further from UTC (Manila -15:56 and Alaska +15:02, both before 1870), so the instant lies in between.
const widestOffsetSeconds = 16 * 3600

/**
 * A local time without a zone as UTC, with all its digits: `('2025-07-04 15:58:28.25', 'Europe/London')` is `'2025-07-04T14:58:28.25Z'`.
 *
 * Once a year a local time happens twice. Then the instant closest to, and not after, `near` + 5 minutes is taken (the earlier one if both
 * are after it); a time without `near` is refused. In spring an hour does not happen at all, and is refused.
 *
 * @param local - `YYYY-MM-DD`, `T` or a blank, `HH:MM[:SS[.digits]]`.
 * @param timeZone - An IANA name: `Europe/London`.
 * @param options.near - Epoch milliseconds of a moment shortly after the time, such as when it was fetched.
 * @returns UTC text ending in `Z`, with the digits of `local`.
 * @throws RecordError `ETL_RECORD_INVALID` for text that is no local time, or one that did not happen, or twice without `near`.
 * ConfigError `ETL_CONFIG_INVALID` for a zone this runtime does not know.
 */
export function zonedToUtc(local: string, timeZone: string, options: { readonly near?: number } = {}): string {
  const m = localShape.exec(local)
  const wall = m && epochSeconds(Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6] ?? 0))
  if (!m || wall === null || wall === undefined)
    throw refused(local, timeZone, 'is not a local time YYYY-MM-DD HH:MM:SS[.digits]')
  const utc = pick(instantsOf(wall, offsetOf(timeZone)), local, timeZone, options.near)
  const text = instantText({ seconds: utc, fraction: m[7] ?? '' })
  if (text === undefined) throw refused(local, timeZone, 'is outside the years 0001 to 9999 in UTC')
  return text
}

/** Every instant (seconds from 1970) whose local time is `wall`, ascending: none, one, or two. */
function instantsOf(wall: number, offsetAt: (seconds: number) => number): readonly number[] {
  const earliest = offsetAt(wall - widestOffsetSeconds)
  const latest = offsetAt(wall + widestOffsetSeconds)
  const candidates =
    earliest === latest ? [wall - latest] : [wall - Math.max(earliest, latest), wall - Math.min(earliest, latest)]
  return candidates.filter(seconds => seconds + offsetAt(seconds) === wall)
}

function pick(instants: readonly number[], local: string, timeZone: string, near: number | undefined): number {
  const [first, second] = instants
  if (first === undefined) throw refused(local, timeZone, 'did not happen: clocks were put forward over it')
  if (second === undefined) return first
  if (near === undefined)
    throw refused(local, timeZone, 'happened twice (clocks were put back): a time near it is needed to tell which')
  return second <= near / 1000 + nearSlackSeconds ? second : first
}

function refused(local: string, timeZone: string, problem: string): RecordError {
  return new RecordError('ETL_RECORD_INVALID', `The time "${local}" in ${timeZone} ${problem}.`, { context: { local, timeZone } })
}

// Making a formatter costs more than a hundred uses of it, and the runtime knows fewer than 600 zones.
const offsets = new Map<string, (seconds: number) => number>()

function offsetOf(timeZone: string): (seconds: number) => number {
  const known = offsets.get(timeZone)
  if (known) return known
  const offset = offsetReader(timeZone)
  offsets.set(timeZone, offset)
  return offset
}

/** Seconds that local time is ahead of UTC at an instant. */
function offsetReader(timeZone: string): (seconds: number) => number {
  const format = formatter(timeZone)
  return seconds => {
    const at: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(seconds * 1000)) at[type] = Number(value)
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = at
    return (epochSeconds(year, month, day, hour, minute, second) ?? seconds) - seconds
  }
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  const [year, month, day, hour, minute, second] = ['numeric', 'numeric', 'numeric', 'numeric', 'numeric', 'numeric'] as const
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year, month, day, hour, minute, second },
    })
  } catch (cause) {
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `The time zone "${timeZone}" is not known here. Use an IANA name like Europe/London.`,
      {
        cause,
      },
    )
  }
}
