import { ConfigError, type Pipeline } from '@millrace/etl-core'

/** How a flag's text may be read; tried in the schema's order, so a union of number and string takes `12` as a number. */
export type ValueKind = 'string' | 'number' | 'boolean' | 'array' | 'json'

/** One parameter as the command sees it. */
export interface ParamField {
  /** Its name in the schema. */
  readonly key: string
  /** Its flag, without the dashes. */
  readonly flag: string
  readonly kinds: readonly ValueKind[]
  /** How the items of an array are read. */
  readonly itemKinds: readonly ValueKind[]
  /** All values there are, if the schema lists them. */
  readonly choices: readonly string[]
  readonly required: boolean
  readonly default?: unknown
  readonly description: string
  readonly examples: readonly unknown[]
}

/** What is known of a pipeline's parameters. */
export interface ParamFields {
  readonly fields: readonly ParamField[]
  /** The schema says what it takes and takes nothing else: other names are slips. */
  readonly closed: boolean
}

/** The part of JSON Schema that decides flags. */
interface Shape {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Shape>>
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly allOf?: readonly Shape[]
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly items?: Shape
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly examples?: readonly unknown[]
}

/** The parameters of a pipeline, from the JSON Schema of what its validator accepts. Without one there are no flags, only `--params`. */
export async function paramFields(pipeline: Pipeline): Promise<ParamFields> {
  if (!pipeline.params) return { fields: [], closed: true }
  const schema = await inputSchema(pipeline.params)
  return schema ? fieldsOf(schema) : { fields: [], closed: false }
}

/** The fields of an object schema. Pure. @throws ConfigError when two of them would be one flag. */
export function fieldsOf(root: object): ParamFields {
  const shape = root as Shape
  const objects = [shape, ...(shape.allOf ?? [])].map(each => resolved(each, shape))
  const required = new Set(objects.flatMap(each => each.required ?? []))
  const fields = objects.flatMap(each =>
    Object.entries(each.properties ?? {}).map(([key, property]) =>
      fieldOf(key, resolved(property, shape), shape, required.has(key)),
    ),
  )
  for (const field of fields) {
    const other = fields.find(each => each.flag === field.flag && each.key !== field.key)
    if (other)
      throw new ConfigError(
        'ETL_FLAGS_CLASH',
        `The parameters "${field.key}" and "${other.key}" are both the flag --${field.flag}.`,
      )
  }
  const open = objects.some(each => each.additionalProperties !== undefined && each.additionalProperties !== false)
  return { fields, closed: !open && objects.some(each => each.properties !== undefined) }
}

function fieldOf(key: string, property: Shape, root: Shape, required: boolean): ParamField {
  const forms = alternatives(property, root)
  const array = forms.find(form => typesOf(form).includes('array'))
  return {
    key,
    flag: kebab(key),
    kinds: kindsOf(forms),
    itemKinds: array?.items ? kindsOf(alternatives(array.items, root)) : ['string'],
    choices: choicesOf(array?.items ? alternatives(array.items, root) : forms),
    required,
    ...(property.default === undefined ? {} : { default: property.default }),
    description: property.description ?? '',
    examples: property.examples ?? [],
  }
}

/** A union's members, or the thing itself. */
function alternatives(property: Shape, root: Shape): Shape[] {
  const shape = resolved(property, root)
  const members = shape.anyOf ?? shape.oneOf
  return members ? members.flatMap(member => alternatives(member, root)) : [shape]
}

function resolved(shape: Shape, root: Shape): Shape {
  const name = shape.$ref?.replace(/^#\/(\$defs|definitions)\//, '')
  const target = name === undefined ? undefined : root.$defs?.[name]
  return target ? { ...target, ...shape } : shape
}

function kindsOf(forms: readonly Shape[]): ValueKind[] {
  const kinds = forms.flatMap(typesOf).flatMap((type): ValueKind[] => {
    if (type === 'integer' || type === 'number') return ['number']
    if (type === 'object') return ['json']
    return type === 'string' || type === 'boolean' || type === 'array' ? [type] : []
  })
  // Text is what everything that JSON Schema cannot say (a date, a custom check) starts from.
  return kinds.length === 0 ? ['string'] : [...new Set(kinds)]
}

function typesOf(shape: Shape): readonly string[] {
  if (typeof shape.type === 'string') return [shape.type]
  return (
    shape.type ?? [
      ...new Set([...(shape.enum ?? []), ...(shape.const === undefined ? [] : [shape.const])].map(value => typeof value)),
    ]
  )
}

function choicesOf(forms: readonly Shape[]): string[] {
  const listed = forms.filter(form => !typesOf(form).every(type => type === 'null'))
  if (!listed.every(form => form.enum !== undefined || form.const !== undefined)) return []
  return listed
    .flatMap(form => form.enum ?? [form.const])
    .filter(value => value !== null)
    .map(String)
}

/** `lastUpdated` -> `last-updated`, `baseURL` -> `base-url`. */
export function kebab(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()
}

interface JsonSchemaMaker {
  input(options: { target: string; libraryOptions?: Record<string, unknown> }): object
}

/** The JSON Schema of a validator's input: its own (Standard JSON Schema), else zod's for a zod that is too old to offer it. */
async function inputSchema(schema: NonNullable<Pipeline['params']>): Promise<object | undefined> {
  const standard = schema['~standard'] as { vendor: string; jsonSchema?: JsonSchemaMaker }
  // zod throws for what JSON Schema cannot say (dates, bigint) unless told to leave it open.
  const zodOptions = { unrepresentable: 'any' } as const
  if (standard.jsonSchema) {
    return standard.jsonSchema.input({
      target: 'draft-2020-12',
      ...(standard.vendor === 'zod' ? { libraryOptions: zodOptions } : {}),
    })
  }
  if (standard.vendor !== 'zod') return undefined
  const z = await import('zod')
  return z.toJSONSchema(schema as unknown as Parameters<typeof z.toJSONSchema>[0], { io: 'input', ...zodOptions })
}
