import { type Column, checkValue, daysOf, epochOf, instantOf, invalidValue, unscaledOf } from '@millrace/schema/columns'

/** How one column lies in a file. Codes are those of the Parquet format (parquet.thrift). */
export interface Physical {
  readonly column: Column
  readonly type: 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY'
  readonly typeCode: number
  /** Bytes of one value, for FIXED_LEN_BYTE_ARRAY. */
  readonly length?: number
  /** Smallest and largest value are kept in the footer, so that engines skip row groups. */
  readonly bounds: boolean
  /** A record's value as the file holds it; `null` for none. Throws RecordError. */
  readonly store: (value: unknown) => Stored | null
}

/** A value as the file holds it. */
export type Stored = boolean | number | bigint | string | Uint8Array

const typeCodes = { BOOLEAN: 0, INT32: 1, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6, FIXED_LEN_BYTE_ARRAY: 7 } as const

/** Lays a column out. */
export function physicalOf(column: Column): Physical {
  const lay = (type: Physical['type'], store: Physical['store'], more: { length?: number; bounds?: boolean } = {}): Physical => ({
    ...{ column, type, typeCode: typeCodes[type], bounds: true, store },
    ...more,
  })
  const { type } = column
  switch (type.kind) {
    case 'int32':
      return lay('INT32', as<number>(column))
    case 'int64':
      return lay('INT64', as<bigint>(column))
    case 'float64':
      return lay('DOUBLE', as<number>(column))
    case 'bool':
      return lay('BOOLEAN', as<boolean>(column))
    case 'decimal': {
      const unscaled = as<string, bigint>(column, text => unscaledOf(text, type.scale))
      if (type.precision > 18) return lay('FIXED_LEN_BYTE_ARRAY', unscaled, { length: 16 })
      if (type.precision > 9) return lay('INT64', unscaled)
      return lay(
        'INT32',
        as<string, number>(column, text => Number(unscaledOf(text, type.scale))),
      )
    }
    case 'date':
      return lay(
        'INT32',
        as<string, number>(column, text => daysOf(text) as number),
      )
    case 'timestamp':
      return lay('INT64', storeTimestamp(column, type.precision))
    case 'string':
      return lay('BYTE_ARRAY', as<string>(column))
    // Bounds of documents and of raw bytes help nobody, and are as long as the values.
    case 'json':
      return lay(
        'BYTE_ARRAY',
        as<unknown, Uint8Array>(column, value => Buffer.from(JSON.stringify(value))),
        { bounds: false },
      )
    case 'bytes':
      return lay('BYTE_ARRAY', as<Uint8Array>(column), { bounds: false })
  }
}

/** Checks a value by its column's rules and then converts it. */
function as<V, S extends Stored = V & Stored>(column: Column, convert?: (value: V) => S): Physical['store'] {
  return value => {
    const checked = checkValue(column, value) as V | null
    return checked === null ? null : convert ? convert(checked) : (checked as unknown as S)
  }
}

/** Digits behind the second that the file's unit holds. */
export const unitDigits = (precision: number): 6 | 9 => (precision > 6 ? 9 : 6)

const int64Nanos = 2n ** 63n

function storeTimestamp(column: Column, precision: number): Physical['store'] {
  const digits = unitDigits(precision)
  const convert = (text: string): bigint => {
    const epoch = epochOf(text, digits) as bigint
    if (epoch >= int64Nanos || epoch < -int64Nanos) {
      throw invalidValue(column, text, 'is outside the years 1677 to 2262, which is what nanoseconds reach')
    }
    return epoch
  }
  const checked = as<string, bigint>(column, convert)
  // The common case in one pass: a text with no more digits than the column has.
  return value => {
    const instant = typeof value === 'string' ? instantOf(value) : undefined
    if (!instant || instant.fraction.length > precision || digits === 9) return checked(value)
    return BigInt(instant.seconds) * 1_000_000n + BigInt(Number(instant.fraction.padEnd(6, '0')))
  }
}
