import { ConfigError, type Json } from '@millrace/etl-core'
import * as z from 'zod'
import { markOf } from './mark.js'
import { type ColumnType, type TimestampPrecision, typeProblem } from './types.js'
import { problemOf } from './value.js'

/** A check by the value rules that carries its column type along. */
function rule(type: ColumnType) {
  const problem = typeProblem(type)
  if (problem) throw new ConfigError('ETL_CONFIG_INVALID', `column.${type.kind}: ${problem}.`)
  const passes = (value: unknown) => problemOf(type, value) === undefined
  const error = (issue: { readonly input?: unknown }) => `Invalid ${type.kind}: ${problemOf(type, issue.input) ?? 'refused'}`
  return { passes, params: { params: markOf(type), error } }
}

function text(type: ColumnType) {
  const { passes, params } = rule(type)
  return z.string().refine(passes, params)
}

/**
 * zod schemas for exact columns: each validates the value form that travels between steps and tells `columnsOf` its column.
 * The type survives `.nullable()`, `.optional()`, `.default()`, `.describe()`, `.refine()` and the like.
 *
 * | | value | |
 * |---|---|---|
 * | `int32()` | number | whole, 32 bits |
 * | `int64()` | bigint | 64 bits |
 * | `float64()` | number | finite |
 * | `decimal(p, s)` | text | at most `p` digits, `s` behind the point |
 * | `date()` | text | `YYYY-MM-DD`, a real day |
 * | `timestamp(p)` | text | UTC, ends in `Z`, at most `p` digits behind the second (default 3) |
 * | `bool()` | boolean | |
 * | `string(n?)` | text | at most `n` UTF-16 units |
 * | `bytes()` | Uint8Array | |
 * | `json()` | plain JSON | what `JSON.stringify` keeps |
 *
 * Bad numbers (a precision of 40) throw ConfigError `ETL_CONFIG_INVALID` at once.
 *
 * @example
 * const order = z.object({ id: column.int64(), total: column.decimal(18, 4), placedAt: column.timestamp(6), note: column.string(200).nullable() })
 */
export const column = {
  int32: () => z.int32(),
  int64: () => z.int64(),
  float64: () => z.number(),
  decimal: (precision: number, scale: number) => text({ kind: 'decimal', precision, scale }),
  date: () => text({ kind: 'date' }),
  timestamp: (precision: TimestampPrecision = 3) => text({ kind: 'timestamp', precision }),
  bool: () => z.boolean(),
  string: (length?: number) => text(length === undefined ? { kind: 'string' } : { kind: 'string', length }),
  bytes: () => {
    const { passes, params } = rule({ kind: 'bytes' })
    return z.custom<Uint8Array>(passes, params)
  },
  json: <T extends Json = Json>() => {
    const { passes, params } = rule({ kind: 'json' })
    return z.custom<T>(passes, params)
  },
} as const
