import { type Json, RecordError, toJson } from '@millrace/etl-core'
import { daysOf, instantOf } from './calendar.js'
import { decimalProblem } from './decimal.js'
import { type Column, type ColumnType, typeText, type Value } from './types.js'

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

/**
 * Why a value is not of a column's type, in the words that follow a value (`is not a finite number`), or `undefined` if it is.
 * Only the forms of `ValueByKind` pass: no null, no `Date`.
 */
export function problemOf(type: ColumnType, value: unknown): string | undefined {
  switch (type.kind) {
    case 'int32':
      return Number.isInteger(value) && (value as number) >= -0x80000000 && (value as number) <= 0x7fffffff
        ? undefined
        : 'is not a whole number from -2147483648 to 2147483647'
    case 'int64':
      return int64Problem(value)
    case 'float64':
      return Number.isFinite(value) ? undefined : 'is not a finite number'
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'is not true or false'
    case 'decimal':
      return typeof value === 'string'
        ? decimalProblem(value, type.precision, type.scale)
        : 'is not text: a decimal travels as text, a number has lost digits'
    case 'date':
      return typeof value === 'string' && daysOf(value) !== undefined ? undefined : 'is not a calendar day YYYY-MM-DD'
    case 'timestamp':
      return timestampProblem(value, type.precision)
    case 'string':
      return stringProblem(value, type.length)
    case 'bytes':
      return value instanceof Uint8Array ? undefined : 'is not a Uint8Array'
    case 'json':
      return jsonProblem(value, false)
  }
}

function int64Problem(value: unknown): string | undefined {
  if (typeof value !== 'bigint') return 'is not a bigint'
  return value >= int64Min && value <= int64Max ? undefined : 'is outside the range of 64 bits'
}

function timestampProblem(value: unknown, precision: number): string | undefined {
  const instant = typeof value === 'string' ? instantOf(value) : undefined
  if (!instant) return 'is not a UTC time YYYY-MM-DDTHH:MM:SS[.digits]Z'
  const digits = instant.fraction.replace(/0+$/, '').length
  return digits > precision ? `has ${digits} digits behind the second, and ${precision} fit` : undefined
}

function stringProblem(value: unknown, length: number | undefined): string | undefined {
  if (typeof value !== 'string') return 'is not text'
  return length !== undefined && value.length > length ? `has ${value.length} characters, and ${length} fit` : undefined
}

// At an edge a nested Date, bigint or Uint8Array is taken too: it becomes text. What would become nonsense never passes.
function jsonProblem(value: unknown, atEdge: boolean, depth = 0): string | undefined {
  if (depth > 32) return 'is nested more than 32 levels deep'
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'holds a number that is not finite'
  if (typeof value === 'bigint') return atEdge ? undefined : 'holds a bigint, which JSON cannot say'
  if (typeof value !== 'object') return `holds a value of type ${typeof value}, which JSON cannot say`
  if (value instanceof Date || value instanceof Uint8Array || value instanceof Map || value instanceof Set) {
    const taken = value instanceof Uint8Array || (value instanceof Date && !Number.isNaN(value.getTime()))
    return atEdge && taken ? undefined : `holds a ${value.constructor.name}, which JSON cannot say`
  }
  for (const member of Object.values(value)) {
    const problem = member === undefined && !Array.isArray(value) ? undefined : jsonProblem(member, atEdge, depth + 1)
    if (problem) return problem
  }
  return undefined
}

/**
 * A value as it may travel on, or the reason it may not: the one check before a value becomes bytes or a parameter.
 *
 * Takes the forms of `ValueByKind`, and at the edge what turns into them without loss: a `Date` for a timestamp(3) only (it holds
 * milliseconds and no more), a safe whole number for an int64 (what `z.int()` gives), and `Date`, bigint and bytes inside a json value.
 * `undefined` counts as null.
 *
 * @throws RecordError `ETL_RECORD_INVALID` naming column and value.
 */
export function checkValue(column: Column, value: unknown): Value | null {
  if (value === null || value === undefined) {
    if (column.nullable) return null
    throw invalidValue(column, value, 'is missing, and the column takes no null')
  }
  const normal = fromEdge(column.type, value)
  const problem = problemOf(column.type, normal)
  if (problem) throw invalidValue(column, value, problem)
  return normal as Value
}

function fromEdge(type: ColumnType, value: unknown): unknown {
  if (type.kind === 'timestamp' && type.precision === 3 && value instanceof Date && !Number.isNaN(value.getTime())) {
    return value.toISOString()
  }
  if (type.kind === 'int64' && typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (type.kind === 'json' && typeof value === 'object' && jsonProblem(value, true) === undefined) return toJson(value)
  return value
}

/** The error for a value that does not fit its column. `problem` follows the value in the message. */
export function invalidValue(column: Pick<Column, 'name' | 'type'>, value: unknown, problem: string): RecordError {
  return new RecordError(
    'ETL_RECORD_INVALID',
    `Column "${column.name}" (${typeText(column.type)}): ${shown(value)} ${problem}.`,
    {
      path: [column.name],
      context: { column: column.name, type: typeText(column.type), value: brief(value) },
    },
  )
}

/** A value in a message: short, and telling text from numbers. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'the value'
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Date) return `Date ${Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()}`
  const json = brief(value)
  return typeof value === 'number' ? String(value) : JSON.stringify(json)
}

function brief(value: unknown): Json {
  const json = toJson(value)
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  return text.length > 80 ? `${text.slice(0, 77)}...` : json
}
