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
  // A leap second (60) is refused: no target can hold it.
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined
  return daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
}

const isDay = (year: number, month: number, day: number): boolean =>
  year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)

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

// Texts are read by their characters: this is done for each value of a column, and an expression takes five times as long.
const [dash, colon, point, zero, T, Z] = [0x2d, 0x3a, 0x2e, 0x30, 0x54, 0x5a] as const
/** In the place of digits that are none: above every limit. */
const noDigits = 1_000_000

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero
  const ones = text.charCodeAt(at + 1) - zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : noDigits
}

/** A text begins as `YYYY-MM-DD` does. */
const hasDashes = (text: string): boolean => text.charCodeAt(4) === dash && text.charCodeAt(7) === dash
const yearIn = (text: string): number => twoDigits(text, 0) * 100 + twoDigits(text, 2)

/** Days from 1970-01-01 of a `YYYY-MM-DD`; `undefined` if it is not a real day. */
export function daysOf(text: string): number | undefined {
  if (text.length !== 10 || !hasDashes(text)) return undefined
  const [year, month, day] = [yearIn(text), twoDigits(text, 5), twoDigits(text, 8)]
  return isDay(year, month, day) ? daysFromCivil(year, month, day) : undefined
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
  const end = text.length - 1
  if (end < 19 || text.charCodeAt(end) !== Z || !hasDashes(text) || text.charCodeAt(10) !== T) return undefined
  if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined
  if (end > 19 && (text.charCodeAt(19) !== point || end === 20)) return undefined
  for (let at = 20; at < end; at++) {
    const digit = text.charCodeAt(at) - zero
    if (!(digit >= 0 && digit <= 9)) return undefined
  }
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)]
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)]
  const seconds = epochSeconds(yearIn(text), month, day, hour, minute, second)
  return seconds === undefined ? undefined : { seconds, fraction: text.slice(20, end) }
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
