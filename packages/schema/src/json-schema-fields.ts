import { isEtlError } from '@millrace/etl-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Field } from './columns-of.js'
import { commonType, integerType, typeOfValues } from './type-of-values.js'
import type { ColumnType } from './types.js'

/** A JSON Schema (draft 2020-12) as far as it is read here. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly definitions?: Readonly<Record<string, Schema>>
}

type Found = { readonly type: ColumnType; readonly nullable: boolean } | { readonly unknown: string }

/** The fields of a schema that describes its output as JSON Schema (`~standard.jsonSchema`), or why they cannot be told. */
export function jsonSchemaFields(schema: StandardSchemaV1): readonly Field[] | string {
  const root = outputOf(schema)
  if (typeof root === 'string') return root
  const record = resolve(root, root)
  if (!record.properties) return 'does not describe an object with named fields'
  const required = new Set(record.required ?? [])
  return Object.entries(record.properties).map(([name, property]) => {
    const found = find(root, property)
    if ('unknown' in found) return { name, unknown: found.unknown }
    const nullable = found.nullable || !required.has(name)
    const description = resolve(root, property).description
    return { name, column: { name, type: found.type, nullable, ...(description === undefined ? {} : { description }) } }
  })
}

function outputOf(schema: StandardSchemaV1): Schema | string {
  const converter = (schema['~standard'] as { jsonSchema?: { output?: (options: { target: string }) => unknown } }).jsonSchema
  if (typeof converter?.output !== 'function') return 'does not say its fields (it has no Standard JSON Schema)'
  try {
    return converter.output({ target: 'draft-2020-12' }) as Schema
  } catch (error) {
    if (isEtlError(error)) throw error
    return `cannot say its fields as JSON Schema (${error instanceof Error ? error.message : String(error)})`
  }
}

function resolve(root: Schema, schema: Schema, depth = 0): Schema {
  const name = schema.$ref?.match(/^#(?:\/(?:\$defs|definitions)\/([^/]+))?$/)
  if (!name || depth > 32) return schema
  const target = name[1] === undefined ? root : (root.$defs?.[name[1]] ?? root.definitions?.[name[1]])
  return target ? resolve(root, { ...target, ...without(schema) }, depth + 1) : schema
}

function without({ $ref: _, ...rest }: Schema): Schema {
  return rest
}

function find(root: Schema, property: Schema, depth = 0): Found {
  const schema = resolve(root, property)
  if (depth > 32 || schema.$ref !== undefined) return { unknown: 'a reference that leads nowhere' }
  if (schema.const !== undefined || schema.enum) return fromValues(schema.enum ?? [schema.const])
  const branches = schema.anyOf ?? schema.oneOf
  if (branches) return union(branches.map(branch => find(root, branch, depth + 1)))
  if (schema.allOf?.length === 1) return find(root, { ...without(schema), allOf: [], ...schema.allOf[0] }, depth + 1)
  if (Array.isArray(schema.type)) return union(schema.type.map(type => find(root, { ...schema, type }, depth + 1)))
  return byType(schema, schema.type as string | undefined)
}

const nothing: ColumnType = { kind: 'string', length: 0 }

function byType(schema: Schema, type: string | undefined): Found {
  const known = (columnType: ColumnType): Found => ({ type: columnType, nullable: false })
  switch (type) {
    case 'null':
      return { type: nothing, nullable: true }
    case 'string':
      // A date-time may carry any offset: it is not the UTC text a timestamp travels as.
      if (schema.format === 'date') return known({ kind: 'date' })
      return known(schema.maxLength ? { kind: 'string', length: schema.maxLength } : { kind: 'string' })
    case 'integer':
      return known(integerType(schema.minimum ?? schema.exclusiveMinimum, schema.maximum ?? schema.exclusiveMaximum))
    case 'number':
      return known({ kind: 'float64' })
    case 'boolean':
      return known({ kind: 'bool' })
    case 'array':
    case 'object':
      return known({ kind: 'json' })
    default:
      return { unknown: type === undefined ? 'no type in its JSON Schema' : `the JSON Schema type "${type}"` }
  }
}

function fromValues(values: readonly unknown[]): Found {
  const found = typeOfValues(values)
  return typeof found === 'string' ? { unknown: found } : found
}

function union(branches: readonly Found[]): Found {
  const unknown = branches.find(branch => 'unknown' in branch)
  if (unknown) return unknown
  const known = branches.filter(branch => 'type' in branch)
  const type = commonType(known.filter(branch => branch.type !== nothing).map(branch => branch.type))
  return type ? { type, nullable: known.some(branch => branch.nullable) } : { unknown: 'a union of several types' }
}
