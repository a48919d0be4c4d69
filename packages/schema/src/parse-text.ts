import type { Json, RecordError } from '@millrace/etl-core'
import { epochSeconds, instantText } from './calendar.js'
import type { ColumnType, Value } from './types.js'
import { invalidValue, problemOf } from './value.js'

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  f: false,
  no: false,
  n: false,
  '0': false,
}

// Each returns `undefined` for a text that is not of its kind; ranges and digits are judged afterwards, by the rules for values.
const parsers: Readonly<Record<ColumnType['kind'], (text: string) => Value | undefined>> = {
  int32: text => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined),
  int64: text => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined),
  float64: text => (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined),
  bool: text => booleans[text.toLowerCase()],
  decimal: decimalText,
  date: text => text,
  timestamp: timestampText,
  string: text => text,
  bytes: base64Bytes,
  json: parsedJson,
}

/**
 * A value from text, as a CSV field or a query result holds it.
 *
 * Nothing is trimmed, and an empty text is a value like any other (what it means is the source's to say). Taken: whole numbers with a
 * sign; floats with exponent; decimals with `+`, `.5` or `5.`; `true/t/yes/y/1` and `false/f/no/n/0` in any case; days as `YYYY-MM-DD`;
 * timestamps with `Z` or an offset (`2025-02-04 15:58:28.123+01:00`, converted to UTC with all digits); base64 bytes; JSON text.
 * A timestamp without a zone is refused: see `zonedToUtc`.
 *
 * @param name - The column's name, for the message.
 * @throws RecordError `ETL_RECORD_INVALID` naming column and text.
 */
export function parseText(type: ColumnType, text: string, name = 'value'): Value {
  const value = parsers[type.kind](text)
  if (value === undefined) throw unparsable(type, text, name)
  const problem = problemOf(type, value)
  if (problem) throw invalidValue({ name, type }, text, problem)
  return value
}

function unparsable(type: ColumnType, text: string, name: string): RecordError {
  const local = type.kind === 'timestamp' && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[^Z]*$/.test(text)
  const problem = local ? 'has no time zone: convert it with zonedToUtc' : `does not read as ${type.kind}`
  return invalidValue({ name, type }, text, problem)
}

function decimalText(text: string): string | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text)
  if (!match || (!match[2] && !match[3])) return undefined
  return `${match[1] === '-' ? '-' : ''}${match[2] || '0'}${match[3] ? `.${match[3]}` : ''}`
}

const zoned = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)? ?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)$/i

function timestampText(text: string): string | undefined {
  const m = zoned.exec(text)
  if (!m) return undefined
  const seconds = epochSeconds(Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6] ?? 0))
  const offset = Number(m[9] ?? 0) * 3600 + Number(m[10] ?? 0) * 60
  if (seconds === undefined || Number(m[9] ?? 0) > 23 || Number(m[10] ?? 0) > 59) return undefined
  return instantText({ seconds: seconds - (m[8] === '-' ? -offset : offset), fraction: m[7] ?? '' })
}

function base64Bytes(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function parsedJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
