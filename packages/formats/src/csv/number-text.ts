const zero = 48
const point = 46
const minus = 45

/** Powers of ten that doubles hold exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, power) => 10 ** power)
/** Doubles tell all decimal numbers of so many digits apart. */
const exactDigits = 15
const tenTo8 = 100_000_000

/** The most bytes a number takes: sign, `0.`, and 5 zeros before the first of 15 digits. */
export const mostNumberBytes = 24

/**
 * Writes a number as `String` would, and gives where it ends; -1 for one that is not that simple: not finite, with an exponent, or of more than 15
 * digits. Of all decimal numbers with up to 15 digits at most one is nearest to a double, so one that is found by multiplying and proved by
 * dividing is what `String` finds, without its search and without a text.
 */
export function writeNumber(value: number, to: Uint8Array, at: number): number {
  let used = at
  let positive = value
  if (value < 0) {
    to[used++] = minus
    positive = -value
  }
  if (positive === 0) {
    to[at] = zero
    return at + 1
  }
  if (!(positive >= 1e-6 && positive < 1e15)) return -1
  if (Number.isInteger(positive)) return writeWhole(positive, to, used)
  const whole = Math.floor(positive)
  const decimals = exactDigits - (whole === 0 ? leadingZeros(positive) : digitsOf(whole))
  if (decimals < 1 || decimals > 22) return -1
  const power = powersOfTen[decimals] as number
  const digits = Math.round(positive * power)
  if (digits >= 1e15 || digits / power !== positive) return -1
  used = writeWhole(whole, to, used)
  to[used++] = point
  return writeFraction(digits - whole * power, decimals, to, used)
}

/** -1 for 0.01 to 0.1, -2 for 0.001 to 0.01 and so on: digits that a fraction has more, because its zeros do not count. */
function leadingZeros(positive: number): number {
  let zeros = 0
  for (let below = 0.1; positive < below; below = 1 / (powersOfTen[1 - zeros] as number)) zeros--
  return zeros
}

function digitsOf(whole: number): number {
  let digits = 1
  while (whole >= (powersOfTen[digits] as number)) digits++
  return digits
}

function writeWhole(whole: number, to: Uint8Array, at: number): number {
  const end = at + digitsOf(whole)
  writeDigits(whole, to, at, end)
  return end
}

/** So many decimals, without the zeros at their end. */
function writeFraction(fraction: number, decimals: number, to: Uint8Array, at: number): number {
  let end = at + decimals
  writeDigits(fraction, to, at, end)
  while (to[end - 1] === zero) end--
  return end
}

/** Fills a field with the digits of a whole number, zeros at its front. Eight at a time: so many are a small integer, which is quick. */
function writeDigits(whole: number, to: Uint8Array, start: number, end: number): void {
  let rest = whole
  let at = end
  while (at > start) {
    const high = rest < tenTo8 ? 0 : Math.floor(rest / tenTo8)
    let low = (rest - high * tenTo8) | 0
    const stop = Math.max(start, at - 8)
    while (at > stop) {
      const tenth = (low / 10) | 0
      to[--at] = zero + low - tenth * 10
      low = tenth
    }
    rest = high
  }
}
