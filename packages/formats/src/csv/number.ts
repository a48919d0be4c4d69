const zero = 48
const point = -2
const minus = 45
/** So many digits are told apart by doubles, whichever they are. */
const exactDigits = 15
const powersOfTen = Array.from({ length: exactDigits + 1 }, (_, power) => 10 ** power)

/**
 * What `Number` makes of ASCII text such as `-12.50`, without the text. `undefined` where that is not sure: other notations, spaces, and more
 * digits than are exact. The digits are a whole number below 2^53 and so is the power of ten, so one division rounds as it must.
 */
export function numberIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start
  const negative = bytes[at] === minus
  if (negative) at++
  const count = end - at
  if (count === 0 || count > exactDigits + 1) return undefined
  let digits = 0
  let decimals = -1
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - zero
    if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit
      if (decimals >= 0) decimals++
    } else if (digit === point && decimals < 0) decimals = 0
    else return undefined
  }
  // A point alone is no number, and sixteen digits without one are too many.
  if (decimals < 0 ? count > exactDigits : count === 1) return undefined
  const number = decimals > 0 ? digits / (powersOfTen[decimals] as number) : digits
  return negative ? -number : number
}

/** Whether a number's text is just what JavaScript would write: `1.5`, not `1.50`, `+1.5`, `01.5` or `15e-1`. May say no to one that is. */
export function isWrittenPlainly(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] === minus ? start + 1 : start
  const count = end - first
  if (count === 0 || count > exactDigits + 1) return false
  let pointAt = -1
  let significantAt = -1
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - zero
    if (digit === point && pointAt < 0) pointAt = at
    else if (digit < 0 || digit > 9) return false
    else if (digit > 0 && significantAt < 0) significantAt = at
  }
  const whole = pointAt < 0 ? end : pointAt
  if (whole === first || (pointAt < 0 && count > exactDigits)) return false
  // Of the digits before the point only a lone one may be a zero at the front.
  if (bytes[first] === zero && whole > first + 1) return false
  if (significantAt < 0) return pointAt < 0 && first === start
  // Below a millionth it would be written with an exponent.
  return pointAt < 0 || (bytes[end - 1] !== zero && pointAt < end - 1 && significantAt - pointAt <= 6)
}
