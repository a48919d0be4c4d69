import { checkCode } from './check-code.js'
import { type Definition, isZodObject, unwrapped, type ZodLike } from './definition.js'
import { bySchema, type CodeContext, fieldCode } from './field-code.js'
import type { Keep } from './keep.js'

/** The answer for a record that may not pass: the schema itself is asked then. */
export const notSure: unique symbol = Symbol('not sure')

/** The schema's output for a record, or {@link notSure}. */
export type QuickCheck = (record: unknown) => unknown

/**
 * The common part of a zod schema as code of its own: five times and more as fast, for the records that pass. It never has the last word:
 * what it does not know, and every record that seems to fail, goes through the schema, so that issues are the schema's. A field of a kind
 * that is not known (a transform, a union, a record) is checked by its own schema, between the others.
 *
 * `undefined`: the schema is none of zod 4, is no object, takes fields it does not name, has checks on the whole record that are no
 * functions, or the process forbids code that is made from text.
 */
export function quickCheck(schema: unknown): QuickCheck | undefined {
  return isZodObject(schema) ? objectCheck(schema._zod.def, []) : undefined
}

/** @param above - The objects that this one is in: one that holds itself is checked by its schema there. */
function objectCheck(def: Definition, above: readonly Definition[]): QuickCheck | undefined {
  const { shape = {}, catchall } = def
  const names = Reflect.ownKeys(shape)
  const strict = catchall?._zod.def.type === 'never'
  if (above.includes(def) || (catchall && !strict)) return undefined
  if (names.length === 0 || names.some(name => typeof name === 'symbol' || name === '__proto__')) return undefined
  const kept: unknown[] = []
  const keep: Keep = value => `k${kept.push(value) - 1}`
  const context = contextOf(keep, [...above, def])
  const fields = (names as string[]).map((name, index) => fieldOf(name, shape[name] as ZodLike, index, context))
  const whole = wholeCode(def, keep)
  if (whole === undefined) return undefined
  const known = strict ? keep(new Set(names)) : ''
  const code = `"use strict"; const no = notSure; return record => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return no
    let v
    ${strict ? `for (const name in record) if (!${known}.has(name)) return no` : ''}
    ${fields.map(({ read }) => read).join('\n')}
    ${outputOf(fields)}
    ${whole}
    return v
  }`
  try {
    return new Function('notSure', ...kept.map((_, index) => `k${index}`), code)(notSure, ...kept) as QuickCheck
  } catch {
    // Code from text is forbidden.
    return undefined
  }
}

/** The checks of a whole record: functions that say yes or no of it. */
function wholeCode({ checks = [] }: Definition, keep: Keep): string | undefined {
  const lines = checks.map(({ _zod }) => (_zod.def.check === 'custom' ? checkCode(_zod.def, keep) : undefined))
  return lines.includes(undefined) ? undefined : lines.join('\n')
}

/** What the code of fields is made with. `above`: the objects that they are in. */
export const contextOf = (keep: Keep, above: readonly Definition[]): CodeContext => ({
  keep,
  objects: inner => objectCheck(inner, above),
})

/** Where a field's value comes from, as code. */
export interface FieldSource {
  readonly value: string
  /** Whether a field whose value is `undefined` is there. */
  readonly isThere: string
}

function ofRecord(name: string): FieldSource {
  const key = JSON.stringify(name)
  return { value: `record[${key}]`, isThere: `${key} in record` }
}

export interface FieldCode {
  readonly key: string
  readonly variable: string
  readonly read: string
  readonly optional: boolean
}

/** Code that reads a field and leaves its output in the variable, or does `return no`. */
export function fieldOf(name: string, schema: ZodLike, index: number, context: CodeContext, from = ofRecord(name)): FieldCode {
  const key = JSON.stringify(name)
  const variable = `f${index}`
  const plain = unwrapped(schema)
  const code = plain && fieldCode(plain.def, context)
  const optional = plain?.optional === true && code !== undefined
  const head = `let ${variable}; v = ${from.value}`
  if (!plain || code === undefined)
    return { key, variable, optional: false, read: `${head}\n${bySchema(schema, context)}\n${variable} = v` }
  const read = plain.nullable ? `if (v !== null) {\n${code}\n}` : code
  return {
    key,
    variable,
    optional,
    read: `${head}
${absent(plain.defaulted, optional, from.isThere, read, context.keep)}
${variable} = v`,
  }
}

/** What an absent field comes to. One that is there and `undefined` is left to the schema. */
function absent(defaulted: Definition | undefined, optional: boolean, isThere: string, read: string, keep: Keep): string {
  if (defaulted)
    return `if (v === undefined) v = ${keep(defaulted)}.defaultValue\nelse {\n${read}\n}\nif (v === undefined) return no`
  if (optional) return `if (v === undefined) { if (${isThere}) return no }\nelse {\n${read}\n}`
  return `if (v === undefined) return no\n${read}`
}

/** In the order of the schema's fields. One literal gives all outputs one shape; absent fields do not. */
function outputOf(fields: readonly FieldCode[]): string {
  if (!fields.some(({ optional }) => optional))
    return `v = { ${fields.map(({ key, variable }) => `${key}: ${variable}`).join(', ')} }`
  const lines = fields.map(
    ({ key, variable, optional }) => `${optional ? `if (${variable} !== undefined) ` : ''}out[${key}] = ${variable}`,
  )
  return `const out = {}\n${lines.join('\n')}\nv = out`
}
