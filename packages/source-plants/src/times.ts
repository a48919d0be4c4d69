import { isEtlError, RecordError } from '@millrace/etl-core'
import { epochOf, parseText, timestampOf, zonedToUtc } from '@millrace/schema'

/** How times without a zone are understood, and how far ahead one may be. */
export interface TimeRules {
  readonly timeZone: string
  /** When the answer was given: epoch milliseconds. */
  readonly nearMs: number
  readonly futureToleranceMs: number
}

const local = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/
const rfc1123 = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) (GMT|UTC|[+-]\d{4})$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * A time of the API as UTC text with up to six digits behind the second: RFC 1123, ISO 8601 with a zone, or without one in the museum's.
 * A local time that happened twice is the one nearest before the answer. Digits past the sixth are cut off, zeros at the end left out, so
 * that one moment has one text.
 *
 * @param field - Names the field in errors.
 * @throws RecordError `ETL_RECORD_UNPARSABLE` for what is no time, `ETL_RECORD_INVALID` for one that did not happen: skipped by the
 * clocks of spring, on no day of the calendar, or further ahead of the answer than allowed.
 */
export function utcOf(value: unknown, field: string, rules: TimeRules): string {
  if (typeof value !== 'string') throw refused('ETL_RECORD_UNPARSABLE', field, 'is not a text with a time')
  const utc = exact(value, field, rules)
  // No time in the reason: rejects are counted by it.
  if (Number(epochOf(utc, 3)) - rules.nearMs > rules.futureToleranceMs) {
    throw refused('ETL_RECORD_INVALID', field, `is in the future: more than ${rules.futureToleranceMs} ms after the API answered`)
  }
  return timestampOf(epochOf(utc, 6) as bigint, 6, 0) as string
}

function exact(text: string, field: string, { timeZone, nearMs }: TimeRules): string {
  try {
    if (local.test(text)) return zonedToUtc(text, timeZone, { near: nearMs })
    // More digits than any column takes would be refused; those past the sixth are cut off anyway.
    return parseText({ kind: 'timestamp', precision: 6 }, (isoOf(text) ?? text).replace(/(\.\d{6})\d+/, '$1')) as string
  } catch (error) {
    if (!isEtlError(error, 'ETL_RECORD_INVALID')) throw error
    // As above, no time in the reason: an API that changes how it writes them has one for each plant and minute.
    if (local.test(text))
      throw refused(error.code, field, `did not happen in ${timeZone}: skipped by its clocks, or on no calendar`, error)
    throw refused('ETL_RECORD_UNPARSABLE', field, 'is not a time', error)
  }
}

/** RFC 1123 as ISO 8601; `undefined` if it is not that. The weekday is not compared. */
function isoOf(text: string): string | undefined {
  const [, day, month, year, time, zone] = rfc1123.exec(text) ?? []
  if (month === undefined) return undefined
  const monthNo = String(months.indexOf(month) + 1).padStart(2, '0')
  return `${year}-${monthNo}-${day}T${time}${zone === 'GMT' || zone === 'UTC' ? 'Z' : zone}`
}

function refused(code: string, field: string, problem: string, cause?: unknown): RecordError {
  return new RecordError(code, problem, { path: [field], ...(cause === undefined ? {} : { cause }) })
}
