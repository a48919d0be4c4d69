import type { ViewContext } from '../views/chain.js'
import type { Column } from '../views/late-columns.js'
import { type Definition, isZodObject, unwrapped, type ZodLike } from './definition.js'
import { type CodeContext, fieldCode } from './field-code.js'
import type { Keep } from './keep.js'
import { contextOf, type FieldSource, fieldOf } from './quick-check.js'

/** {@link quickCheck} for the rows of a block. */
export interface ViewCheck {
  /** The schema's fields. Those whose values pass unchanged are the columns they were. */
  readonly columns: readonly Column[]
  /** Whether the record of this row is right; its changed values are in their slots then. False: the schema itself must be asked. */
  passes(row: number): boolean
}

/**
 * The same code as a quick check, but it makes no record: it reads fields where they lie, numbers without their text, and keeps only values that
 * the schema changes. `undefined` where there is no quick check, or the records lack a field.
 */
export function viewCheck(schema: unknown, columns: readonly Column[], { block, newSlot }: ViewContext): ViewCheck | undefined {
  if (!isZodObject(schema)) return undefined
  const { shape = {}, checks, catchall } = schema._zod.def
  const names = Reflect.ownKeys(shape)
  const strict = catchall?._zod.def.type === 'never'
  if ((checks?.length ?? 0) > 0 || (catchall && !strict)) return undefined
  if (names.length === 0 || names.some(name => typeof name === 'symbol' || name === '__proto__')) return undefined
  if (strict && columns.some(({ name }) => !names.includes(name))) return undefined
  const kept: unknown[] = []
  const keep: Keep = value => `k${kept.push(value) - 1}`
  const context = contextOf(keep, [schema._zod.def])
  const out: Column[] = []
  const code: string[] = []
  const saved: string[] = []
  for (const [index, name] of (names as string[]).entries()) {
    const from = columns.find(column => column.name === name)
    if (!from) return undefined
    const field = shape[name] as ZodLike
    const isNumber = from.at >= 0 && isNumberOfText(field)
    const { read, variable } = fieldOf(name, field, index, context, sourceOf(from, isNumber))
    code.push(read)
    if (keepsValue(field, from, context)) out.push(from)
    else {
      const at = newSlot()
      saved.push(`slots[${-1 - at}][row] = ${variable}`)
      out.push(isNumber ? { name, at, numberOf: from.at } : { name, at })
    }
  }
  const text = `"use strict"; const no = false; return row => {
    const { table, slots } = block
    let v
    ${code.join('\n')}
    ${saved.join('\n')}
    return true
  }`
  try {
    const passes = new Function('block', ...kept.map((_, index) => `k${index}`), text)(block, ...kept) as ViewCheck['passes']
    return { columns: out, passes }
  } catch {
    // Code from text is forbidden.
    return undefined
  }
}

/** What a step before has left `undefined` is left to the schema. */
function sourceOf({ at }: Column, isNumber: boolean): FieldSource {
  const value = at < 0 ? `slots[${-1 - at}][row]` : `table.${isNumber ? 'number' : 'read'}(row, ${at})`
  return { value, isThere: 'true' }
}

/** `z.coerce.number()` makes of a text, or of null, what `Number` does. */
function isNumberOfText(schema: ZodLike): boolean {
  const plain = unwrapped(schema)
  return plain !== undefined && plain.def.type === 'number' && plain.def.coerce === true && !plain.nullable
}

/** Whether what passes is always what came. */
function keepsValue(schema: ZodLike, from: Column, context: CodeContext): boolean {
  const plain = unwrapped(schema)
  if (!plain || plain.defaulted || fieldCode(plain.def, context) === undefined) return false
  const { def } = plain
  // Made anew, whatever is in them.
  if (def.type === 'object' || def.type === 'array') return false
  if (def.coerce && !(def.type === 'string' && from.at >= 0)) return false
  return ![def, ...(def.checks ?? []).map(({ _zod }) => _zod.def)].some(changes)
}

const changes = ({ check }: Definition) => check === 'overwrite'
