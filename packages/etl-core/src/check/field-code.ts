import { checkCode } from './check-code.js'
import { type Definition, unwrapped, type ZodLike } from './definition.js'
import type { Keep } from './keep.js'

/** What code is made with. */
export interface CodeContext {
  readonly keep: Keep
  /** A function that checks objects of this definition, as `quickCheck` makes it. */
  readonly objects: (def: Definition) => ((value: unknown) => unknown) | undefined
}

/**
 * Code that leaves a field's output in `v`, or does `return no` for a value that may not pass. `undefined`: this kind of schema is not known
 * here. Never lets pass what zod would not, or with another output; it may refuse what zod would take.
 */
export function fieldCode(def: Definition, context: CodeContext): string | undefined {
  const made = typeCode(def, context)
  if (made === undefined || def.type === 'object') return made
  // A format such as `z.email()` is a type and a check in one, and `z.custom()` a check alone.
  const own = def.check === undefined ? [] : [def]
  const lines: string[] = [made]
  for (const check of [...own, ...(def.checks ?? []).map(({ _zod }) => _zod.def)]) {
    const line = check.check === 'custom' || oneTyped.has(def.type ?? '') ? checkCode(check, context.keep) : undefined
    if (line === undefined) return undefined
    lines.push(line)
  }
  return lines.join('\n')
}

/** Code that asks the schema itself. */
export function bySchema(schema: ZodLike, { keep }: CodeContext): string {
  const standard = keep(schema['~standard'])
  return `if (v === undefined) return no
    { const result = ${standard}.validate(v)
      if (result instanceof Promise) { result.catch(() => undefined); return no }
      if (result.issues) return no
      v = result.value
      if (v === undefined) return no }`
}

/** Types whose values are all alike. Of any others a check for texts may meet one without a length, which zod passes over. */
const oneTyped = new Set(['string', 'number', 'boolean', 'bigint', 'date', 'array'])

function typeCode(def: Definition, context: CodeContext): string | undefined {
  const { keep, objects } = context
  switch (def.type) {
    case 'string':
      return def.coerce
        ? "if (typeof v !== 'string') { if (typeof v !== 'number' && typeof v !== 'bigint' && typeof v !== 'boolean') return no; v = String(v) }"
        : "if (typeof v !== 'string') return no"
    case 'number':
      return def.coerce
        ? "if (typeof v !== 'number') { if (typeof v !== 'string' && typeof v !== 'bigint' && typeof v !== 'boolean' && v !== null) return no; v = Number(v) }\n if (!(v - v === 0)) return no"
        : "if (typeof v !== 'number' || !(v - v === 0)) return no"
    case 'boolean':
      return def.coerce ? 'v = Boolean(v)' : "if (typeof v !== 'boolean') return no"
    case 'bigint':
      return def.coerce ? coercedBigint : "if (typeof v !== 'bigint') return no"
    case 'date':
      return `${def.coerce ? coercedDate : 'if (!(v instanceof Date)) return no'}\nif (Number.isNaN(v.getTime())) return no`
    case 'custom':
      return ''
    case 'object': {
      const check = objects(def)
      // What is not sure is a symbol, and no object is one.
      return check && `v = ${keep(check)}(v)\nif (typeof v === 'symbol') return no`
    }
    case 'array':
      return def.element && listCode(def.element, context)
    case 'null':
      return 'if (v !== null) return no'
    case 'any':
    case 'unknown':
      return ''
    case 'enum':
      return oneOf(enumValues(def.entries ?? {}), keep)
    case 'literal':
      return oneOf(def.values ?? [], keep)
    default:
      return undefined
  }
}

const coercedBigint = `if (typeof v !== 'bigint') {
  if (typeof v === 'string' ? !/^(?:-?\\d+)?$/.test(v) : typeof v !== 'boolean' && !Number.isInteger(v)) return no
  v = BigInt(v)
}`

/** What a `Date` is made of without surprises; zod makes a new one of a `Date` too. */
const coercedDate = `if (!(v instanceof Date) && typeof v !== 'string' && typeof v !== 'number' && typeof v !== 'boolean' && v !== null) return no
v = new Date(v)`

function listCode(element: ZodLike, context: CodeContext): string {
  const plain = unwrapped(element)
  const code = plain && !plain.optional && !plain.defaulted ? fieldCode(plain.def, context) : undefined
  const read = code === undefined ? bySchema(element, context) : plain?.nullable ? `if (v !== null) {\n${code}\n}` : code
  return `if (!Array.isArray(v)) return no
    { const list = v, made = new Array(v.length)
      for (let at = 0; at < list.length; at++) {
        v = list[at]
        if (v === undefined) return no
        ${read}
        made[at] = v
      }
      v = made }`
}

/** Of a TypeScript enum with numbers, the names that stand for them are no values. */
function enumValues(entries: Readonly<Record<string, unknown>>): readonly unknown[] {
  const numbers = new Set(Object.values(entries).filter(value => typeof value === 'number'))
  return Object.entries(entries).flatMap(([key, value]) => (numbers.has(Number(key)) ? [] : [value]))
}

const fewValues = 6

function oneOf(values: readonly unknown[], keep: Keep): string {
  const texts = values.every(value => typeof value === 'string')
  if (texts && values.length > 0 && values.length <= fewValues)
    return `if (${values.map(value => `v !== ${JSON.stringify(value)}`).join(' && ')}) return no`
  return `if (!${keep(new Set(values))}.has(v)) return no`
}
