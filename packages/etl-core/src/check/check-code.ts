import type { Definition } from './definition.js'
import type { Keep } from './keep.js'

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
  'cuid',
  'cuid2',
  'xid',
  'ksuid',
  'duration',
  'ipv4',
  'cidrv4',
  'e164',
  'lowercase',
  'uppercase',
])

/**
 * Code that does `return no` for a value in `v` that does not pass a check, or puts in `v` what the check makes of it. `undefined`: the check is not known here.
 */
export function checkCode(def: Definition, keep: Keep): string | undefined {
  switch (def.check) {
    case 'min_length':
      return numeric(def.minimum, bound => `if (v.length < ${bound}) return no`)
    case 'max_length':
      return numeric(def.maximum, bound => `if (v.length > ${bound}) return no`)
    case 'length_equals':
      return numeric(def.length, bound => `if (v.length !== ${bound}) return no`)
    case 'greater_than':
      return `if (!(v ${def.inclusive ? '>=' : '>'} ${boundCode(def.value, keep)})) return no`
    case 'less_than':
      return `if (!(v ${def.inclusive ? '<=' : '<'} ${boundCode(def.value, keep)})) return no`
    case 'multiple_of':
      return multipleOf(def.value)
    case 'number_format':
      return numberFormat(def.format)
    case 'bigint_format':
      return bigintFormat(def.format)
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

/** A bound as zod compares with it: a number, a big integer, a date. */
const boundCode = (bound: unknown, keep: Keep): string => (Number.isFinite(bound) ? String(bound) : keep(bound))

const numeric = (bound: unknown, code: (bound: number) => string): string | undefined =>
  typeof bound === 'number' && Number.isFinite(bound) ? code(bound) : undefined

function numberFormat(format: string | undefined): string | undefined {
  if (format === 'safeint') return 'if (!Number.isSafeInteger(v)) return no'
  if (format === 'int32') return 'if ((v | 0) !== v) return no'
  if (format === 'uint32') return 'if (v >>> 0 !== v) return no'
  // All finite numbers.
  return format === 'float64' ? '' : undefined
}

function bigintFormat(format: string | undefined): string | undefined {
  if (format === 'int64') return 'if (BigInt.asIntN(64, v) !== v) return no'
  return format === 'uint64' ? 'if (BigInt.asUintN(64, v) !== v) return no' : undefined
}

/** Whole numbers only: of fractions zod has a rule of its own, and is asked. */
function multipleOf(step: unknown): string | undefined {
  if (typeof step === 'bigint') return step === 0n ? undefined : `if (typeof v !== 'bigint' || v % ${step}n !== 0n) return no`
  return Number.isSafeInteger(step) && step !== 0 ? `if (!Number.isSafeInteger(v) || v % ${step} !== 0) return no` : undefined
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
