import type { Field } from './columns-of.js'
import { markedType } from './mark.js'
import { commonType, integerType, typeOfValues } from './type-of-values.js'
import type { ColumnType, TimestampPrecision } from './types.js'

/**
 * A zod schema as far as it is read here. Only `_zod.def` and two public getters, so that no zod is imported and any copy of zod 4
 * (classic, mini, the project's own) is understood.
 */
interface Zod {
  readonly _zod: { readonly def: Def; readonly bag?: { readonly Class?: unknown } }
  readonly description?: string | undefined
}
interface Check {
  readonly _zod?: { readonly def: CheckDef }
}
interface CheckDef {
  readonly check?: string
  readonly format?: string
  readonly maximum?: number
  readonly length?: number
  readonly value?: number
  readonly params?: unknown
}
interface Def extends CheckDef {
  readonly type: string
  readonly checks?: readonly Check[]
  readonly innerType?: Zod
  readonly in?: Zod
  readonly out?: Zod
  readonly options?: readonly Zod[]
  readonly left?: Zod
  readonly right?: Zod
  readonly shape?: Readonly<Record<string, Zod>>
  readonly entries?: Readonly<Record<string, unknown>>
  readonly values?: readonly unknown[]
  readonly getter?: () => Zod
  readonly offset?: boolean
  readonly local?: boolean
  readonly precision?: number | null
}

/** What a field's schema lets out. */
type Found =
  | { readonly type: ColumnType; readonly nullable?: boolean; readonly optional?: boolean; readonly description?: string }
  | { readonly unknown: string }

/** The fields of a zod object schema in declaration order, or why they cannot be told. */
export function zodFields(schema: unknown): readonly Field[] | string {
  const shape = shapeOf(schema as Zod)
  if (typeof shape === 'string') return shape
  return Object.entries(shape).map(([name, field]) => {
    const found = find(field)
    if ('unknown' in found) return { name, unknown: found.unknown }
    const { type, description } = found
    const nullable = found.nullable === true || found.optional === true
    return { name, column: { name, type, nullable, ...(description === undefined ? {} : { description }) } }
  })
}

/** The fields of the object that comes out of a schema, through wrappers around the whole record. */
function shapeOf(schema: Zod, depth = 0): Readonly<Record<string, Zod>> | string {
  const def = schema._zod.def
  if (depth > 32) return 'refers to itself'
  if (def.type === 'object' && def.shape) return def.shape
  if (def.type === 'pipe' && def.out) {
    return def.out._zod.def.type === 'transform' ? 'ends in a transform' : shapeOf(def.out, depth + 1)
  }
  if (def.type === 'lazy' && def.getter) return shapeOf(def.getter(), depth + 1)
  if (def.type === 'intersection' && def.left && def.right) {
    const left = shapeOf(def.left, depth + 1)
    const right = shapeOf(def.right, depth + 1)
    return typeof left === 'string' ? left : typeof right === 'string' ? right : { ...left, ...right }
  }
  if (def.innerType) return shapeOf(def.innerType, depth + 1)
  return `is a ${def.type}, not an object`
}

function find(schema: Zod, depth = 0): Found {
  const def = schema._zod.def
  if (depth > 32) return { unknown: 'refers to itself' }
  const marked = markOf(def)
  const found = marked ? { type: marked } : walk(schema, def, depth + 1)
  const description = schema.description
  return 'unknown' in found || description === undefined ? found : { ...found, description }
}

function walk(schema: Zod, def: Def, depth: number): Found {
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return { type: stringType(def) }
    case 'number':
      return { type: numberType(def) }
    case 'bigint':
      return { type: { kind: 'int64' } }
    case 'boolean':
    case 'success':
      return { type: { kind: 'bool' } }
    case 'date':
      return { type: { kind: 'timestamp', precision: 3 } }
    case 'enum':
      return fromValues(enumValues(def.entries ?? {}))
    case 'literal':
      return fromValues(def.values ?? [])
    case 'array':
    case 'tuple':
    case 'object':
    case 'record':
    case 'intersection':
      return { type: { kind: 'json' } }
    case 'union':
      return union(def.options ?? [], depth)
    case 'custom':
      return isBytes(schema._zod.bag?.Class) ? { type: { kind: 'bytes' } } : { unknown: 'a custom check' }
    case 'transform':
      return { unknown: 'a transform, whose result has no type at run time' }
    case 'pipe':
      return def.out ? find(def.out, depth) : { unknown: 'a pipe without an end' }
    case 'lazy':
      return def.getter ? find(def.getter(), depth) : { unknown: 'a lazy schema' }
    default:
      return def.innerType ? wrapped(def.type, find(def.innerType, depth)) : { unknown: `z.${def.type}()` }
  }
}

function wrapped(wrapper: string, inner: Found): Found {
  if ('unknown' in inner) return inner
  if (wrapper === 'nullable') return { ...inner, nullable: true }
  if (wrapper === 'optional' || wrapper === 'exactOptional') return { ...inner, optional: true }
  // A missing value is replaced before it gets out; a null that the inner schema takes is not.
  if (['default', 'prefault', 'nonoptional'].includes(wrapper)) return { ...inner, optional: false }
  return ['catch', 'readonly'].includes(wrapper) ? inner : { unknown: `z.${wrapper}()` }
}

function fromValues(values: readonly unknown[]): Found {
  const found = typeOfValues(values)
  return typeof found === 'string' ? { unknown: found } : found
}

// A TypeScript enum of numbers also lists its names, keyed by number.
function enumValues(entries: Readonly<Record<string, unknown>>): unknown[] {
  const numbers = new Set(Object.values(entries).filter(value => typeof value === 'number'))
  return Object.entries(entries).flatMap(([key, value]) => (numbers.has(Number(key)) ? [] : [value]))
}

function union(options: readonly Zod[], depth: number): Found {
  const nothing = (option: Zod) => ['null', 'undefined'].includes(option._zod.def.type)
  const found = options.filter(option => !nothing(option)).map(option => find(option, depth))
  const unknown = found.find(each => 'unknown' in each)
  if (unknown) return unknown
  const known = found.filter(each => 'type' in each)
  const type = commonType(known.map(each => each.type))
  if (!type) return { unknown: 'a union of several types' }
  const nullable = options.some(nothing) || known.some(each => each.nullable || each.optional)
  return { type, nullable }
}

/** The definitions that say something of a value: the schema's own and those of its checks. */
const defsOf = (def: Def): readonly CheckDef[] => [
  def,
  ...(def.checks ?? []).flatMap(check => (check._zod ? [check._zod.def] : [])),
]

function markOf(def: Def): ColumnType | undefined {
  return defsOf(def)
    .map(each => markedType(each.params))
    .find(type => type !== undefined)
}

function stringType(def: Def): ColumnType {
  const defs = defsOf(def)
  if (defs.some(each => each.format === 'date')) return { kind: 'date' }
  const instant = defs.find(each => each.format === 'datetime') as Def | undefined
  if (instant && !instant.offset && !instant.local && instant.precision !== -1) {
    return { kind: 'timestamp', precision: Math.min(instant.precision ?? 6, 7) as TimestampPrecision }
  }
  const lengths = defs.flatMap(each =>
    each.check === 'max_length'
      ? [each.maximum ?? Number.POSITIVE_INFINITY]
      : each.check === 'length_equals'
        ? [each.length ?? 0]
        : [],
  )
  const length = Math.min(...lengths)
  return Number.isFinite(length) && length > 0 ? { kind: 'string', length } : { kind: 'string' }
}

function numberType(def: Def): ColumnType {
  const defs = defsOf(def)
  const formats = defs.map(each => each.format)
  if (formats.includes('int32')) return { kind: 'int32' }
  if (!formats.includes('safeint') && !formats.includes('uint32')) return { kind: 'float64' }
  const bounds = (check: string) =>
    defs.flatMap(each => (each.check === check && typeof each.value === 'number' ? [each.value] : []))
  const low = [...bounds('greater_than'), ...(formats.includes('uint32') ? [0] : [])]
  const high = bounds('less_than')
  return integerType(low.length > 0 ? Math.max(...low) : undefined, high.length > 0 ? Math.min(...high) : undefined)
}

const isBytes = (Class: unknown) => typeof Class === 'function' && (Class === Uint8Array || Class.prototype instanceof Uint8Array)
