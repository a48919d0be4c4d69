import type { Json } from '@millrace/etl-core'
import type { ColumnType, Value } from './types.js'

interface JsonForm {
  readonly to: (value: Value) => Json
  readonly from: (json: Json) => Value
}

const same: JsonForm = { to: value => value as Json, from: json => json as Value }

const forms: Readonly<Record<ColumnType['kind'], JsonForm>> = {
  int32: same,
  float64: same,
  bool: same,
  decimal: same,
  date: same,
  timestamp: same,
  string: same,
  json: same,
  int64: { to: value => String(value), from: json => BigInt(json as string) },
  bytes: {
    to: value => bufferOf(value as Uint8Array).toString('base64'),
    from: json => new Uint8Array(Buffer.from(json as string, 'base64')),
  },
}

const bufferOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A value in flight as JSON, for cursors, rejects and NDJSON: an int64 as decimal text, bytes as base64, the rest as it is. */
export function toJsonForm(type: ColumnType, value: Value | null): Json {
  return value === null ? null : forms[type.kind].to(value)
}

/**
 * The reverse of {@link toJsonForm}.
 *
 * @param json - As `toJsonForm` made it; a form made elsewhere goes through `checkValue` afterwards.
 */
export function fromJsonForm(type: ColumnType, json: Json): Value | null {
  return json === null ? null : forms[type.kind].from(json)
}
