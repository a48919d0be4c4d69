import type { Decimal } from './types.js'

const shape = /^-?(\d+)(?:\.(\d+))?$/

/** Why a text is not a decimal(precision, scale), or `undefined`. Zeros in front and at the end count for nothing. */
export function decimalProblem(text: string, precision: number, scale: number): string | undefined {
  if (fitsAsWritten(text, precision - scale, scale)) return undefined
  const match = shape.exec(text)
  if (!match) return 'is not a decimal number as text, like -12.50'
  const whole = match[1]!.replace(/^0+/, '').length
  const fraction = (match[2] ?? '').replace(/0+$/, '').length
  if (fraction > scale) return `has ${fraction} digits behind the point, and ${scale} fit`
  if (whole > precision - scale) return `has ${whole} digits before the point, and ${precision - scale} fit`
  return undefined
}

/** The common case, by characters: the digits that are there are no more than what fits, zeros included. */
function fitsAsWritten(text: string, whole: number, scale: number): boolean {
  const first = text.charCodeAt(0) === 0x2d ? 1 : 0
  let point = text.length
  for (let at = first; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit === -2 && point === text.length) point = at
    else if (!(digit >= 0 && digit <= 9)) return false
  }
  const fraction = text.length - point - 1
  return point > first && point - first <= whole && (fraction < 0 || (fraction > 0 && fraction <= scale))
}

/**
 * A decimal text as the whole number that databases and Parquet store: `('-1.5', 4)` is `-15000n`.
 *
 * @param text - Must fit the scale; see `checkValue`.
 */
export function unscaledOf(text: Decimal, scale: number): bigint {
  const point = text.indexOf('.')
  const whole = point < 0 ? text : text.slice(0, point)
  const fraction = (point < 0 ? '' : text.slice(point + 1)).slice(0, scale)
  return BigInt(whole + fraction.padEnd(scale, '0'))
}

/** The reverse of {@link unscaledOf}, with all digits of the scale: `(-15000n, 4)` is `'-1.5000'`. */
export function decimalOf(unscaled: bigint, scale: number): Decimal {
  const sign = unscaled < 0n ? '-' : ''
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
