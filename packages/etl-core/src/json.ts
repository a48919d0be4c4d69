import { createHash } from 'node:crypto'

/** What survives `JSON.stringify` and `JSON.parse` unchanged. Everything that state, plans and reports hold is of this type. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * The one JSON text of a value: object keys sorted, no blanks. Equal values give equal texts, so it may be hashed and compared.
 *
 * A key whose value is `undefined` counts as absent, as with `JSON.stringify`.
 */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return 'null'
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
}

/** A short, stable name for a value: the first `length` hex digits of the SHA-256 of its canonical JSON. */
export function hashOf(value: unknown, length = 16): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, length)
}

/**
 * Any value as JSON, for a reject's raw record and an error's context: big integers and dates become text, bytes base64,
 * what is not finite its name (`'NaN'`), and what JSON cannot say (functions, symbols) its description. Never throws.
 */
export function toJson(value: unknown, depth = 0): Json {
  if (value === null || value === undefined) return null
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
      return value.toString()
    case 'object':
      return depth > 32 ? '[too deep]' : objectToJson(value, depth)
    default:
      return String(value)
  }
}

function objectToJson(value: object, depth: number): Json {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(item => toJson(item, depth + 1))
  // `fromEntries` rather than assignments: a field may be called `__proto__`.
  const kept = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(kept.map(([key, member]) => [key, toJson(member, depth + 1)]))
}
