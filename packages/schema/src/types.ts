import type { Json } from '@millrace/etl-core'

/** Digits behind the second that a timestamp may have. */
export type TimestampPrecision = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7

/**
 * What a column holds. One list for every system; `sqlServerType`, `athenaType`, `duckdbType` and `parquetType` say what each becomes.
 *
 * - `decimal`: `precision` digits in all (1 to 38), `scale` of them behind the point (0 to `precision`).
 * - `string`: `length` is the longest text in UTF-16 units, as JavaScript and `NVARCHAR` count. Absent: no limit.
 */
export type ColumnType =
  | { readonly kind: 'int32' | 'int64' | 'float64' | 'bool' | 'date' | 'json' | 'bytes' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'timestamp'; readonly precision: TimestampPrecision }
  | { readonly kind: 'string'; readonly length?: number }

/** One column of a record: its name, what it holds, whether it may be null. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  readonly description?: string
}

/** An exact decimal number as text: `-12.50`. No exponent, no blanks, no sign but a leading `-`. */
export type Decimal = string

/** The value forms that travel between steps, by kind of column. A null is `null` for every kind. */
export interface ValueByKind {
  /** Whole, -2^31 to 2^31 - 1. */
  readonly int32: number
  /** -2^63 to 2^63 - 1. */
  readonly int64: bigint
  /** Finite. */
  readonly float64: number
  readonly bool: boolean
  readonly decimal: Decimal
  /** `YYYY-MM-DD`, a real day of the years 0001 to 9999. */
  readonly date: string
  /** UTC, `YYYY-MM-DDTHH:MM:SS[.digits]Z`. */
  readonly timestamp: string
  readonly string: string
  readonly bytes: Uint8Array
  readonly json: Json
}

/** Any value in flight, null excepted. */
export type Value = ValueByKind[keyof ValueByKind]

/** A type in words, for messages and reports: `decimal(18,4)`, `string`, `timestamp(6)`. */
export function typeText(type: ColumnType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'timestamp':
      return `timestamp(${type.precision})`
    case 'string':
      return type.length === undefined ? 'string' : `string(${type.length})`
    default:
      return type.kind
  }
}

/** What is wrong with a type's own numbers, or `undefined`: a precision of 40, a scale above the precision. */
export function typeProblem(type: ColumnType): string | undefined {
  const within = (value: number, low: number, high: number) => Number.isInteger(value) && value >= low && value <= high
  if (type.kind === 'decimal' && !within(type.precision, 1, 38)) return `decimal precision ${type.precision} is not 1 to 38`
  if (type.kind === 'decimal' && !within(type.scale, 0, type.precision)) {
    return `decimal scale ${type.scale} is not 0 to its precision ${type.precision}`
  }
  if (type.kind === 'timestamp' && !within(type.precision, 0, 7)) return `timestamp precision ${type.precision} is not 0 to 7`
  if (type.kind === 'string' && type.length !== undefined && !within(type.length, 1, 0x7fffffff)) {
    return `string length ${type.length} is not a whole number above 0`
  }
  return undefined
}
