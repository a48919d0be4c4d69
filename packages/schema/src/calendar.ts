const dateShape = /^(\d{4})-(\d{2})-(\d{2})$/
const timestampShape = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?Z$/
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Seconds from 1970 of a UTC time on a real day of the years 0001 to 9999; `undefined` if there is no such time. */
export function epochSeconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  // A leap second (60) is refused: no target can hold it.
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
}

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return daysOfMonth[month - 1]! + (leap ? 1 : 0)
}

// Date.UTC reads the years 0 to 99 as 1900 to 1999, so the days are counted: in years that begin in March, by 400-year cycles.
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const cycle = Math.floor(y / 400)
  const yearOfCycle = y - cycle * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfCycle = yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear
  return cycle * 146097 + dayOfCycle - 719468
}

/** Days from 1970-01-01 of a `YYYY-MM-DD`; `undefined` if it is not a real day. */
export function daysOf(text: string): number | undefined {
  const match = dateShape.exec(text)
  if (!match) return undefined
  const seconds = epochSeconds(Number(match[1]), Number(match[2]), Number(match[3]), 0, 0, 0)
  return seconds === undefined ? undefined : seconds / 86400
}

/** The `YYYY-MM-DD` of a day counted from 1970-01-01; `undefined` outside the years 0001 to 9999. */
export function dateOf(days: number): string | undefined {
  if (!(days >= -719162 && days <= 2932896)) return undefined
  return new Date(days * 86_400_000).toISOString().slice(0, 10)
}

/** A UTC timestamp taken apart. */
export interface Instant {
  /** From 1970, below zero before it. */
  readonly seconds: number
  /** The digits behind the second as written, perhaps none. */
  readonly fraction: string
}

/** Takes `YYYY-MM-DDTHH:MM:SS[.digits]Z` apart; `undefined` if it is not of this form or no real time. */
export function instantOf(text: string): Instant | undefined {
  const m = timestampShape.exec(text)
  if (!m) return undefined
  const seconds = epochSeconds(Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6]))
  return seconds === undefined ? undefined : { seconds, fraction: m[7] ?? '' }
}

/** The text of an instant, with its digits. `undefined` outside the years 0001 to 9999. */
export function instantText({ seconds, fraction }: Instant): string | undefined {
  if (!(seconds >= -62135596800 && seconds <= 253402300799)) return undefined
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}

/**
 * A UTC timestamp as a count since 1970: `digits` 3 gives milliseconds, 6 micros, 9 nanos. Digits beyond are cut off.
 *
 * @returns `undefined` if the text is not a UTC timestamp.
 */
export function epochOf(text: string, digits: number): bigint | undefined {
  const instant = instantOf(text)
  if (!instant) return undefined
  const fraction = instant.fraction.slice(0, digits).padEnd(digits, '0')
  return BigInt(instant.seconds) * 10n ** BigInt(digits) + BigInt(fraction === '' ? 0 : fraction)
}

/**
 * The UTC timestamp of a count since 1970, the reverse of {@link epochOf}. All digits of the unit are written unless `shown` says how
 * many; a digit that is not zero is never left out.
 *
 * @returns `undefined` outside the years 0001 to 9999.
 */
export function timestampOf(epoch: bigint, digits: number, shown = digits): string | undefined {
  const unit = 10n ** BigInt(digits)
  const rest = ((epoch % unit) + unit) % unit
  const all = digits === 0 ? '' : rest.toString().padStart(digits, '0')
  const fraction = all.slice(0, shown) + all.slice(shown).replace(/0+$/, '')
  return instantText({ seconds: Number((epoch - rest) / unit), fraction })
}
