import type { Bounds } from './bounds.js'
import type { Physical } from './physical.js'

/** Whether one of a column's values comes before another. */
type Before = (one: number, other: number) => boolean

const orders: Readonly<Record<Exclude<Physical['type'], 'BYTE_ARRAY'>, (bytes: Uint8Array<ArrayBuffer>) => Before>> = {
  BOOLEAN: ints,
  INT32: ints,
  INT64({ buffer }) {
    const low = new Uint32Array(buffer)
    const high = new Int32Array(buffer)
    return (one, other) => {
      const difference = high[one * 2 + 1]! - high[other * 2 + 1]!
      return difference === 0 ? low[one * 2]! < low[other * 2]! : difference < 0
    }
  },
  DOUBLE({ buffer }) {
    const doubles = new Float64Array(buffer)
    return (one, other) => doubles[one]! < doubles[other]!
  },
  // Two's complement of 16 bytes, highest byte first: only the first is signed.
  FIXED_LEN_BYTE_ARRAY({ buffer }) {
    const view = new DataView(buffer)
    return (one, other) => {
      const high = view.getBigInt64(one * 16) - view.getBigInt64(other * 16)
      return high === 0n ? view.getBigUint64(one * 16 + 8) < view.getBigUint64(other * 16 + 8) : high < 0n
    }
  },
}

function ints({ buffer }: Uint8Array<ArrayBuffer>): Before {
  const values = new Int32Array(buffer)
  return (one, other) => values[one]! < values[other]!
}

/** Bounds of values that all take the same bytes. */
export function fixedBounds({ type, length }: Physical, bytes: Uint8Array<ArrayBuffer>, count: number): Bounds {
  if (count === 0 || type === 'BYTE_ARRAY') return {}
  const before = orders[type](bytes)
  let low = 0
  let high = 0
  for (let index = 1; index < count; index++) {
    if (before(index, low)) low = index
    else if (before(high, index)) high = index
  }
  const size = length ?? (type === 'INT32' ? 4 : 8)
  const bound = (index: number) => ({ bytes: boundBytes(type, bytes, index, size), exact: true })
  const [min, max] = [bound(low), bound(high)]
  if (type === 'DOUBLE') {
    signZero(min.bytes, true)
    signZero(max.bytes, false)
  }
  return { min, max }
}

function boundBytes(
  type: Physical['type'],
  bytes: Uint8Array<ArrayBuffer>,
  index: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  // Booleans wait in four bytes each.
  return type === 'BOOLEAN' ? bytes.slice(index * 4, index * 4 + 1) : bytes.slice(index * size, (index + 1) * size)
}

/** A bound that is zero stands for both: -0 at the lower end, 0 at the upper (parquet.thrift, ColumnOrder). */
function signZero(bytes: Uint8Array<ArrayBuffer>, negative: boolean): void {
  const view = new DataView(bytes.buffer)
  if (view.getFloat64(0, true) === 0) view.setFloat64(0, negative ? -0 : 0, true)
}
