import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ConfigError, RecordError } from '../errors.js'
import type { Issue } from '../reject.js'
import { valueIn } from '../views/open-block.js'
import { fieldsAdder } from './add-fields.js'
import { issueFromStandard } from './issues.js'
import { withColumns } from './shape.js'
import { eachRow, eachRowIn, type Step } from './step.js'

/** The conversions `cast` knows by name. Text from a CSV or JSON file becomes a value; `''` and null become null. */
export interface CastTypes {
  int32: number
  int64: bigint
  float64: number
  decimal: string
  bool: boolean
  string: string
  date: string
  timestamp: string
}

/** How one field is cast: a name from {@link CastTypes}, or any Standard Schema for the field alone. */
export type Cast = keyof CastTypes | StandardSchemaV1

/** The value a cast gives. By name it is null for empty text and null. */
export type CastOutput<C> = C extends keyof CastTypes
  ? CastTypes[C] | null
  : C extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<C>
    : never

/** Converts fields; a value that does not fit rejects its record, with all fields that do not. */
export function castStep(casts: Readonly<Record<string, Cast>>): Step {
  const entries = Object.entries(casts)
  const unknown = entries.filter(([, cast]) => (typeof cast === 'string' ? !Object.hasOwn(casters, cast) : !isSchema(cast)))
  if (unknown.length > 0) {
    const given = unknown.map(([field, cast]) => `${field}: ${JSON.stringify(cast)}`).join(', ')
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `cast knows ${Object.keys(casters).join(', ')} and schemas, and was given ${given}.`,
    )
  }
  const add = fieldsAdder(entries.map(([field]) => field))
  return {
    name: 'cast',
    keepsShape: false,
    apply: (set, run, stage) =>
      eachRow(set, run, stage, (row, emit, origin) => {
        const values: unknown[] = []
        const issues: Issue[] = []
        for (const [field, cast] of entries) {
          const result = castField(ownField(row, field), field, cast)
          if ('issues' in result) issues.push(...result.issues)
          else values.push(result.value)
        }
        if (issues.length > 0) run.reject(origin, stage, issues)
        else emit(add(row, values))
      }),
    onViews(columns, { block, newSlot }) {
      const fields = entries.map(([field, cast]) => ({
        field,
        cast,
        from: columns.find(({ name }) => name === field),
        to: { name: field, at: newSlot() },
      }))
      return {
        columns: withColumns(
          columns,
          fields.map(({ to }) => to),
        ),
        run(_, run, stage) {
          eachRowIn(block, run, stage, row => {
            const issues: Issue[] = []
            for (const { field, cast, from, to } of fields) {
              const result = castField(from && valueIn(block, from, row), field, cast)
              if ('issues' in result) issues.push(...result.issues)
              else (block.slots[-1 - to.at] as unknown[])[row] = result.value
            }
            if (issues.length > 0) run.reject(row, stage, issues)
            return issues.length === 0
          })
          return undefined
        },
      }
    },
  }
}

/** `constructor` and the like are no fields of a record that does not have them itself. */
const ownField = (record: unknown, field: string): unknown =>
  field in Object.prototype && !Object.hasOwn(record as object, field) ? undefined : (record as Record<string, unknown>)[field]

const isSchema = (cast: unknown): boolean =>
  typeof (cast as Partial<StandardSchemaV1> | null)?.['~standard']?.validate === 'function'

function castField(value: unknown, field: string, cast: Cast) {
  if (typeof cast === 'string') {
    try {
      return { value: castValue(value, cast) }
    } catch (error) {
      return { issues: [{ code: 'ETL_RECORD_INVALID', message: (error as Error).message, path: [field] }] }
    }
  }
  const result = cast['~standard'].validate(value)
  if (result instanceof Promise) throw new TypeError(`cast of "${field}" takes synchronous schemas only; use validate`)
  return result.issues ? { issues: result.issues.map(issue => issueFromStandard(issue, [field])) } : { value: result.value }
}

/**
 * One value by a cast's name. Accepts the text forms of CSV and JSON files and values that already fit.
 *
 * @throws RecordError `ETL_RECORD_INVALID` saying what was expected and what came.
 */
export function castValue<N extends keyof CastTypes>(value: unknown, type: N): CastTypes[N] | null {
  if (value === null || value === undefined || value === '') return null
  const cast = casters[type](value)
  if (cast === undefined) {
    throw new RecordError('ETL_RECORD_INVALID', `expected ${expected[type]}, got ${shorten(value)}`, { context: { type } })
  }
  return cast as CastTypes[N]
}

const expected: Record<keyof CastTypes, string> = {
  int32: 'a whole number from -2147483648 to 2147483647',
  int64: 'a whole number of 64 bits',
  float64: 'a finite number',
  decimal: 'a decimal number',
  bool: 'true or false',
  string: 'text',
  date: 'a date YYYY-MM-DD',
  timestamp: 'an instant such as 2025-02-04T15:58:28Z',
}

const casters: { readonly [N in keyof CastTypes]: (value: unknown) => CastTypes[N] | undefined } = {
  int32: value => {
    const number = typeof value === 'string' && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && Math.abs(number + 0.5) <= 2147483647.5 ? number : undefined
  },
  int64: value => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined
    if (typeof value === 'string' && !/^\s*[+-]?\d+\s*$/.test(value)) return undefined
    if (typeof value !== 'bigint' && typeof value !== 'number' && typeof value !== 'string') return undefined
    const big = BigInt(typeof value === 'string' ? value.trim().replace(/^\+/, '') : value)
    return BigInt.asIntN(64, big) === big ? big : undefined
  },
  float64: value => {
    const text = typeof value === 'string' ? value.trim() : undefined
    const number = text !== undefined && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : value
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined
  },
  decimal: value => {
    if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
    const text = typeof value === 'string' ? value.trim() : ''
    return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? text : undefined
  },
  bool: value => {
    if (typeof value === 'boolean') return value
    if (value === 1 || (typeof value === 'string' && /^(true|1|yes)$/i.test(value.trim()))) return true
    if (value === 0 || (typeof value === 'string' && /^(false|0|no)$/i.test(value.trim()))) return false
    return undefined
  },
  string: value => (typeof value === 'object' ? undefined : String(value)),
  date: value => {
    const text = value instanceof Date ? isoOf(value)?.slice(0, 10) : value
    return typeof text === 'string' && isCalendarDay(text.trim()) ? text.trim() : undefined
  },
  timestamp: value => {
    if (value instanceof Date) return isoOf(value)
    return typeof value === 'string' ? instantText(value.trim()) : undefined
  },
}

function isoOf(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  return isoOf(new Date(`${text}T00:00:00Z`))?.startsWith(text) ?? false
}

/** UTC text ending in `Z` with all its digits. An instant without a zone is no instant. */
function instantText(text: string): string | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})$/.exec(text)
  if (!parts || !isCalendarDay(parts[1] as string)) return undefined
  const zone = (parts[4] as string).replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')
  const instant = new Date(`${parts[1]}T${parts[2]}${zone}`)
  const iso = isoOf(instant)
  return iso === undefined ? undefined : `${iso.slice(0, 19)}${parts[3] ?? ''}Z`
}

function shorten(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
