/**
 * A JSON text in which every number that JavaScript would change is a string of its digits: integers beyond 2^53 - 1 and decimals that a
 * double does not hold. `1.0` and `1e2` stay numbers. The text need not be valid JSON; what is wrong with it stays wrong.
 */
export function exactNumbers(text: string): string {
  let out = ''
  let copied = 0
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 0x22) index = behindString(text, index)
    else if (code === 0x2d || isDigit(code)) {
      const end = behindNumber(text, index)
      const token = text.slice(index, end)
      if (!isExact(token)) {
        out += `${text.slice(copied, index)}"${token}"`
        copied = end
      }
      index = end
    } else index++
  }
  return copied === 0 ? text : out + text.slice(copied)
}

/** Whether a text may hold numbers that JavaScript would change. Much quicker than looking at each number, and seldom true. */
export const mayBeInexact = (text: string): boolean => /[\d.]{15}|\d[eE]/.test(text)

const isDigit = (code: number) => code >= 0x30 && code <= 0x39

function behindString(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && text.charCodeAt(index) !== 0x22) index += text.charCodeAt(index) === 0x5c ? 2 : 1
  return index + 1
}

function behindNumber(text: string, start: number): number {
  let index = start + 1
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    // Digits, `+`, `-`, `.`, `E`, `e`.
    if (!isDigit(code) && code !== 0x2b && code !== 0x2d && code !== 0x2e && code !== 0x45 && code !== 0x65) break
  }
  return index
}

const jsonNumber = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** True if the double nearest to a number's text is that number; also for what is no number at all. */
function isExact(token: string): boolean {
  // Fifteen digits always fit; the shortest numbers are the most frequent. `mayBeInexact` relies on it.
  if (token.length <= 15 && !token.includes('e') && !token.includes('E')) return true
  const digits = decimalOf(token)
  if (digits === undefined) return true
  const value = Number(token)
  if (digits.exponent >= 0 && !Number.isSafeInteger(value) && !/[.eE]/.test(token)) return false
  if (!Number.isFinite(value)) return false
  const back = decimalOf(String(value).replace('e+', 'e'))
  return back !== undefined && back.digits === digits.digits && (back.exponent === digits.exponent || digits.digits === '')
}

/** A number as its significant digits and the power of ten of the last one. */
function decimalOf(token: string): { readonly digits: string; readonly exponent: number } | undefined {
  const [, sign, whole, fraction = '', power = '0'] = jsonNumber.exec(token) ?? []
  if (whole === undefined) return undefined
  const all = (whole + fraction).replace(/^0+/, '')
  const digits = all.replace(/0+$/, '')
  return {
    digits: digits === '' ? '' : `${sign}${digits}`,
    exponent: Number(power) - fraction.length + all.length - digits.length,
  }
}
