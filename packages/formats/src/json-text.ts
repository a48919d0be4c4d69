import { refused } from './errors.js'

/** Deeper values are looked at with care only, deeper ones than `maxDepth` are taken for circular. */
const fastDepth = 32
const maxDepth = 1_000

/**
 * A value as one JSON text. Big integers become decimal text, bytes base64, valid dates ISO text; fields that are `undefined` are left
 * out.
 *
 * @throws RecordError `ETL_RECORD_REFUSED` for what JSON cannot hold: NaN and infinities, functions, symbols, maps, sets, circles.
 */
export function jsonText(value: unknown, row: number, path: readonly (string | number)[] = []): string {
  if (isPlain(value, 0)) return JSON.stringify(value)
  const problem = problemIn(value, path, 0)
  if (problem) throw refused(problem.message, row, problem.path)
  return JSON.stringify(value, jsonValue)
}

/** True if JSON says exactly this. The common case, and far cheaper than a replacer. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || (depth < fastDepth && isPlainObject(value, depth))
    default:
      return false
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every(item => isPlain(item, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return false
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined && !isPlain(member, depth + 1)) return false
  }
  return true
}

function problemIn(
  value: unknown,
  path: readonly (string | number)[],
  depth: number,
): { readonly message: string; readonly path: readonly (string | number)[] } | undefined {
  const problem = valueProblem(value)
  if (problem) return { message: problem, path }
  if (depth > maxDepth) return { message: 'The value contains itself, or is too deep for JSON.', path: path.slice(0, 3) }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || 'toJSON' in value) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    const found = problemIn(member, [...path, Array.isArray(value) ? Number(key) : key], depth + 1)
    if (found) return found
  }
  return undefined
}

/** Why a value, its members apart, cannot be written as text; `undefined` if it can. */
export function valueProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : `The number is ${value}, which is not finite.`
    case 'undefined':
      return 'There is no value.'
    case 'function':
    case 'symbol':
      return `A ${typeof value} cannot be written.`
    case 'object':
      if (value instanceof Date && Number.isNaN(value.getTime())) return 'The date is invalid.'
      return value instanceof Map || value instanceof Set ? `A ${value.constructor.name} cannot be written.` : undefined
    default:
      return undefined
  }
}

/** Bytes as base64. */
export const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

/** For `JSON.stringify`. The holder is asked because a Buffer has turned itself into an object before this is called. */
function jsonValue(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  const own = (this as Record<string, unknown>)[key]
  return own instanceof Uint8Array ? base64(own) : value
}
