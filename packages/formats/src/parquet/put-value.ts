import { type Column, checkValue, daysOf, epochOf, instantOf, invalidValue, unscaledOf } from '@millrace/schema/columns'
import { unitDigits } from './physical.js'

/** Room for values of one column, seen as numbers of several kinds. */
export interface Slots {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly ints: Int32Array<ArrayBuffer>
  readonly doubles: Float64Array<ArrayBuffer>
  readonly bigs: BigInt64Array<ArrayBuffer>
}

/** Room for values of so many 32-bit words, and what is in `before`. Files hold the lowest byte first, as every machine Node.js runs on here does. */
export function slotsFor(words: number, values: number, before?: Slots): Slots {
  const buffer = new ArrayBuffer(Math.ceil((words * values) / 2) * 8)
  const bytes = new Uint8Array(buffer)
  if (before) bytes.set(before.bytes)
  return { bytes, ints: new Int32Array(buffer), doubles: new Float64Array(buffer), bigs: new BigInt64Array(buffer) }
}

/** Puts a value that is neither null nor undefined in its place. Throws RecordError for one that does not fit the column. */
export type Putter = (slots: Slots, at: number, value: unknown) => void

/** How values of a column are put. The common forms go by the shortest way; `checkValue` judges all others, and converts what it takes. */
export function putterOf(column: Column): Putter {
  const { type } = column
  switch (type.kind) {
    case 'int32':
      return ({ ints }, at, value) => {
        ints[at] = typeof value === 'number' && (value | 0) === value ? value : (checkValue(column, value) as number)
      }
    case 'float64':
      return ({ doubles }, at, value) => {
        // A difference to itself is 0 for all finite numbers.
        doubles[at] = typeof value === 'number' && value - value === 0 ? value : (checkValue(column, value) as number)
      }
    case 'bool':
      return ({ ints }, at, value) => {
        ints[at] = (typeof value === 'boolean' ? value : checkValue(column, value)) ? 1 : 0
      }
    case 'int64':
      return (slots, at, value) => {
        if (typeof value === 'number' && Number.isSafeInteger(value)) putWhole(slots, at, value)
        else slots.bigs[at] = checkValue(column, value) as bigint
      }
    case 'date':
      return ({ ints }, at, value) => {
        ints[at] = (typeof value === 'string' ? daysOf(value) : undefined) ?? daysOf(checkValue(column, value) as string)!
      }
    case 'timestamp':
      return timestampPutter(column, type.precision)
    case 'decimal':
      return decimalPutter(column, type.precision, type.scale)
    default:
      throw new Error(`values of ${type.kind} have no fixed length`)
  }
}

const wordSize = 0x1_0000_0000

/** A safe whole number as 64 bits. */
function putWhole({ ints }: Slots, at: number, value: number): void {
  ints[at * 2] = value
  ints[at * 2 + 1] = Math.floor(value / wordSize)
}

const int64Nanos = 2n ** 63n
const microsPerSecond = 1_000_000

function timestampPutter(column: Column, precision: number): Putter {
  const digits = unitDigits(precision)
  const checked: Putter = ({ bigs }, at, value) => {
    const epoch = epochOf(checkValue(column, value) as string, digits) as bigint
    if (epoch >= int64Nanos || epoch < -int64Nanos)
      throw invalidValue(column, value, 'is outside the years 1677 to 2262, which is what nanoseconds reach')
    bigs[at] = epoch
  }
  if (digits === 9) return checked
  return (slots, at, value) => {
    if (precision === 3 && value instanceof Date && putDate(slots, at, value)) return
    const instant = typeof value === 'string' ? instantOf(value) : undefined
    if (!instant || instant.fraction.length > precision) return checked(slots, at, value)
    putMicros(slots, at, instant.seconds, Number(instant.fraction.padEnd(6, '0')))
  }
}

/** Puts a `Date` of the years that text has four digits for; an invalid one is of none. */
function putDate(slots: Slots, at: number, date: Date): boolean {
  const time = date.getTime()
  if (!(time >= firstTime && time <= lastTime)) return false
  const seconds = Math.floor(time / 1000)
  putMicros(slots, at, seconds, (time - seconds * 1000) * 1000)
  return true
}

const firstTime = Date.parse('0001-01-01T00:00:00.000Z')
const lastTime = Date.parse('9999-12-31T23:59:59.999Z')

/** `seconds * 1,000,000 + micros`: more than a number holds, so it is multiplied in halves. */
function putMicros({ ints }: Slots, at: number, seconds: number, micros: number): void {
  const high = Math.floor(seconds / 0x10000) * microsPerSecond
  const low = (seconds & 0xffff) * microsPerSecond + micros + (high % 0x10000) * 0x10000
  ints[at * 2] = low
  ints[at * 2 + 1] = Math.trunc(high / 0x10000) + Math.floor(low / wordSize)
}

function decimalPutter(column: Column, precision: number, scale: number): Putter {
  const unscaled = (value: unknown) => unscaledOf(checkValue(column, value) as string, scale)
  if (precision > 18) {
    return ({ bytes }, at, value) => {
      const whole = unscaled(value)
      const view = new DataView(bytes.buffer, at * 16, 16)
      view.setBigInt64(0, whole >> 64n)
      view.setBigInt64(8, BigInt.asIntN(64, whole))
    }
  }
  const beyond = 10 ** precision
  const quick = (value: unknown): number | undefined => {
    const whole = typeof value === 'string' ? shortUnscaled(value, scale) : undefined
    return whole !== undefined && whole < beyond && whole > -beyond ? whole : undefined
  }
  if (precision <= 9) {
    return ({ ints }, at, value) => {
      ints[at] = quick(value) ?? Number(unscaled(value))
    }
  }
  return (slots, at, value) => {
    const whole = quick(value)
    if (whole === undefined) slots.bigs[at] = unscaled(value)
    else putWhole(slots, at, whole)
  }
}

/** The most digits of which every whole number is exact. */
const exactDigits = 15

/** A decimal text times ten to its scale, if it has few digits and the usual form. */
function shortUnscaled(text: string, scale: number): number | undefined {
  const negative = text.charCodeAt(0) === 0x2d
  const first = negative ? 1 : 0
  const length = text.length
  let point = -1
  let whole = 0
  for (let at = first; at < length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit >= 0 && digit <= 9) whole = whole * 10 + digit
    else if (digit === -2 && point < 0) point = at
    else return undefined
  }
  const fraction = point < 0 ? 0 : length - point - 1
  const digits = length - first - (point < 0 ? 0 : 1)
  // No digit before the point or behind it, too many of them: the slow way knows what to say.
  if (point === first || point === length - 1 || digits === 0) return undefined
  if (fraction > scale || digits + scale - fraction > exactDigits) return undefined
  const unscaled = whole * 10 ** (scale - fraction)
  return negative ? -unscaled : unscaled
}
