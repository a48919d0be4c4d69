import type { Definition } from './definition.js'

/** Keeps a value that code needs besides text, and gives the name it has there. */
export type Keep = (value: unknown) => string

/**
 * Code that leaves a field's output in `v`, or does `return no` for a value that may not pass. `undefined`: this kind of schema is not known
 * here. Never lets pass what zod would not, or with another output; it may refuse what zod would take.
 */
export function fieldCode(def: Definition, keep: Keep): string | undefined {
  const made = typeCode(def, keep)
  if (made === undefined) return undefined
  // A format such as `z.email()` is a type and a check in one.
  const own = def.check === undefined ? [] : [def]
  const lines: string[] = [made]
  for (const check of [...own, ...(def.checks ?? []).map(({ _zod }) => _zod.def)]) {
    const line = check.check === 'custom' || oneTyped.has(def.type ?? '') ? checkCode(check, keep) : undefined
    if (line === undefined) return undefined
    lines.push(line)
  }
  return lines.join('\n')
}

/** Types whose values are all alike. Of any others a check for texts may meet one without a length, which zod passes over. */
const oneTyped = new Set(['string', 'number', 'boolean', 'bigint'])

function typeCode(def: Definition, keep: Keep): string | undefined {
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
      return def.coerce ? undefined : "if (typeof v !== 'bigint') return no"
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

/** Formats that are their pattern and nothing else. */
const patternFormats = new Set([
  'regex',
  'email',
  'guid',
  'uuid',
  'date',
  'datetime',
  'time',
  'nanoid',
  'ulid',
  'cuid2',
  'ipv4',
  'e164',
])

function checkCode(def: Definition, keep: Keep): string | undefined {
  switch (def.check) {
    case 'min_length':
      return numeric(def.minimum, bound => `if (v.length < ${bound}) return no`)
    case 'max_length':
      return numeric(def.maximum, bound => `if (v.length > ${bound}) return no`)
    case 'length_equals':
      return numeric(def.length, bound => `if (v.length !== ${bound}) return no`)
    case 'greater_than':
      return numeric(def.value, bound => `if (!(v ${def.inclusive ? '>=' : '>'} ${bound})) return no`)
    case 'less_than':
      return numeric(def.value, bound => `if (!(v ${def.inclusive ? '<=' : '<'} ${bound})) return no`)
    case 'number_format':
      return numberFormat(def.format)
    case 'string_format':
      return stringFormat(def, keep)
    case 'overwrite':
      return def.tx && `v = ${keep(def.tx)}(v)`
    case 'custom': {
      if (!def.fn || def.when) return undefined
      const answer = keep(def.fn)
      return `{ const held = ${answer}(v); if (!held) return no; if (held instanceof Promise) { held.catch(() => undefined); return no } }`
    }
    default:
      return undefined
  }
}

/** Bounds of big integers and dates are left to zod. */
const numeric = (bound: unknown, code: (bound: number) => string): string | undefined =>
  typeof bound === 'number' && Number.isFinite(bound) ? code(bound) : undefined

function numberFormat(format: string | undefined): string | undefined {
  if (format === 'safeint') return 'if (!Number.isSafeInteger(v)) return no'
  if (format === 'int32') return 'if ((v | 0) !== v) return no'
  return undefined
}

function stringFormat(def: Definition, keep: Keep): string | undefined {
  switch (def.format) {
    case 'includes':
      return `if (!v.includes(${JSON.stringify(def.includes)}, ${def.position ?? 0})) return no`
    case 'starts_with':
      return `if (!v.startsWith(${JSON.stringify(def.prefix)})) return no`
    case 'ends_with':
      return `if (!v.endsWith(${JSON.stringify(def.suffix)})) return no`
    default: {
      if (!def.format || !patternFormats.has(def.format) || !def.pattern) return undefined
      // Of its own: a global one remembers where it was.
      return `if (!${keep(new RegExp(def.pattern.source, def.pattern.flags.replace(/[gy]/g, '')))}.test(v)) return no`
    }
  }
}
