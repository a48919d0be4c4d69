import { ConfigError } from '@millrace/etl-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { jsonSchemaFields } from './json-schema-fields.js'
import { type Column, typeProblem } from './types.js'
import { zodFields } from './zod-fields.js'

/** A record field as a schema shows it: a column, or the reason it is none. */
export type Field = { readonly name: string; readonly column: Column } | { readonly name: string; readonly unknown: string }

const advice =
  'Give the field a type with column.* of @millrace/schema (after a transform: .pipe(column.…)), or state the columns by hand in the option "columns".'

/**
 * The columns of a record schema, in the order its fields are declared.
 *
 * - `explicit` columns are taken as they are, whatever the schema.
 * - zod schemas are walked by their definition; what comes out of the schema counts, so a `pipe` is its last part and a codec its decoded
 *   side. `z.int32()` and `z.int()` with bounds within 32 bits are int32, other `z.int()` int64 (exact; the value stays a number until a sink
 *   takes it), `z.number()` float64, `z.bigint()` int64, `z.boolean()` bool, `z.date()` timestamp(3), `z.iso.date()` date,
 *   `z.iso.datetime()` timestamp of its `precision` (6 without one; with offsets or local times it is a string), `z.string()` string with its
 *   `max` as length, enums and literals by their values, `z.instanceof(Uint8Array)` bytes, arrays, objects and records json.
 *   `nullable`, `nullish` and `optional` make a column nullable; `default`, `prefault` and `catch` do not.
 * - Other validators are asked for Standard JSON Schema (`~standard.jsonSchema`).
 *
 * @throws ConfigError `ETL_COLUMNS_UNKNOWN` naming each field without a type and what to do; `ETL_CONFIG_INVALID` for columns that contradict
 * themselves (a name twice, a precision of 40).
 * @example
 * columnsOf(z.object({ id: column.int64(), price: column.decimal(18, 4).nullable() }))
 * // [{ name: 'id', type: { kind: 'int64' }, nullable: false }, { name: 'price', type: { kind: 'decimal', … }, nullable: true }]
 */
export function columnsOf(schema: StandardSchemaV1 | undefined, explicit?: readonly Column[]): readonly Column[] {
  if (explicit) return checked(explicit)
  if (!schema)
    throw unknownColumns(
      'There is no record schema',
      'Add a .validate(schema) step, or state the columns in the option "columns".',
    )
  const fields = fieldsOf(schema)
  if (typeof fields === 'string') throw unknownColumns(`The record schema (${schema['~standard'].vendor}) ${fields}`, advice)
  const unknown = fields.filter(field => 'unknown' in field)
  if (unknown.length > 0) {
    const list = unknown.map(field => `"${field.name}" (${field.unknown})`).join(', ')
    throw unknownColumns(
      `No column type is known for ${list}`,
      advice,
      unknown.map(field => field.name),
    )
  }
  return checked(fields.flatMap(field => ('column' in field ? [field.column] : [])))
}

/** All fields of a schema, or why it has none that can be told. */
function fieldsOf(schema: StandardSchemaV1): readonly Field[] | string {
  if (schema['~standard'].vendor === 'zod' && '_zod' in schema) return zodFields(schema)
  return jsonSchemaFields(schema)
}

function unknownColumns(found: string, what: string, fields: readonly string[] = []): ConfigError {
  return new ConfigError('ETL_COLUMNS_UNKNOWN', `${found}, and columns are needed. ${what}`, { context: { fields } })
}

function checked(columns: readonly Column[]): readonly Column[] {
  const names = columns.map(column => column.name)
  const problems = [
    ...(columns.length === 0 ? ['there is no column'] : []),
    ...names.filter((name, at) => names.indexOf(name) !== at).map(name => `"${name}" is there twice`),
    ...columns.flatMap(({ name, type }) => {
      const problem = typeProblem(type)
      return problem ? [`"${name}": ${problem}`] : []
    }),
  ]
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Columns: ${problems.join('; ')}.`)
  return Object.freeze(columns.map(column => Object.freeze({ ...column })))
}
