import { putField } from './step.js'

/** A record with the values of some fields added or replaced; the record itself stays as it is. */
export type AddFields = (record: unknown, values: readonly unknown[]) => Record<string, unknown>

/** Wider records are made by V8 as hash tables anyway. */
const mostFields = 200
/** Records that come in more shapes than this are copied field by field. */
const mostShapes = 8

type Make = (record: Record<string, unknown>, values: readonly unknown[]) => Record<string, unknown>

/**
 * Adds fields of these names, at the end; those a record has are replaced in their place.
 *
 * Records mostly come with the same fields in the same order. For such ones a literal is made with all of them, by code of its own: a copy
 * that gets fields afterwards takes several times as long.
 */
export function fieldsAdder(names: readonly string[]): AddFields {
  let fields: readonly string[] = []
  let make: Make | undefined
  let shapes = 0
  return (record, values) => {
    if (isPlain(record) && shapes <= mostShapes) {
      if (make && hasJust(record, fields)) return make(record, values)
      shapes++
      fields = Object.keys(record)
      make = madeFor(fields, names)
      if (make) return make(record, values)
      shapes = mostShapes + 1
    }
    // Copied first and assigned then, rather than one spread with new keys: on Node 20 that gives nearly every row a hidden class of its own.
    const out = { ...(record as Record<string, unknown>) }
    for (let index = 0; index < names.length; index++) putField(out, names[index] as string, values[index])
    return out
  }
}

const isPlain = (record: unknown): record is Record<string, unknown> =>
  typeof record === 'object' && record !== null && Object.getPrototypeOf(record) === Object.prototype

/** Nothing of a plain object's prototype is enumerable, so these are its own. */
function hasJust(record: Record<string, unknown>, fields: readonly string[]): boolean {
  let index = 0
  for (const field in record) if (field !== fields[index++]) return false
  return index === fields.length
}

function madeFor(fields: readonly string[], names: readonly string[]): Make | undefined {
  const all = [...new Set([...fields, ...names])]
  if (all.length > mostFields) return undefined
  // A computed key is a field whatever its name; `__proto__` as a plain one would not be.
  const members = all.map(field => {
    const at = names.indexOf(field)
    const key = JSON.stringify(field)
    return `[${key}]: ${at < 0 ? `record[${key}]` : `values[${at}]`}`
  })
  try {
    return new Function('record, values', `return { ${members.join(', ')} }`) as Make
  } catch {
    // Code from text is forbidden.
    return undefined
  }
}
