/**
 * The parts of a zod 4 schema that are read here. Its `_zod.def` is what zod keeps stable for libraries; the package itself is not needed.
 *
 * @see https://zod.dev/library-authors (read 2026-12)
 */
export interface ZodLike {
  readonly '~standard': { validate(value: unknown): unknown }
  readonly _zod: { readonly def: Definition; readonly version?: { readonly major: number } }
}

/** What a zod schema or check was made with. */
export interface Definition {
  readonly type?: string
  readonly check?: string
  readonly format?: string
  readonly coerce?: boolean
  readonly checks?: readonly { readonly _zod: { readonly def: Definition } }[]
  readonly innerType?: ZodLike
  readonly element?: ZodLike
  readonly shape?: Readonly<Record<string, ZodLike>>
  readonly catchall?: ZodLike
  readonly entries?: Readonly<Record<string, unknown>>
  readonly values?: readonly unknown[]
  readonly defaultValue?: unknown
  readonly pattern?: RegExp
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly length?: unknown
  readonly value?: unknown
  readonly inclusive?: boolean
  readonly includes?: string
  readonly position?: number
  readonly prefix?: string
  readonly suffix?: string
  readonly when?: unknown
  readonly fn?: (value: unknown) => unknown
  readonly tx?: (value: unknown) => unknown
}

/** A zod 4 schema of an object, as Standard Schema hands it over. */
export function isZodObject(schema: unknown): schema is ZodLike {
  const zod = (schema as Partial<ZodLike> | null)?._zod
  return zod?.version?.major === 4 && zod.def?.type === 'object'
}

/** A schema without what is around it: which values besides its own it lets pass, and what it puts in the place of none. */
export interface Unwrapped {
  readonly def: Definition
  readonly nullable: boolean
  /** A field may be absent, and is then absent behind it. */
  readonly optional: boolean
  /** Whose `defaultValue` takes the place of `undefined`. */
  readonly defaulted?: Definition
}

/** `undefined` for wrappers in an order that does not come up, or that do something else. */
export function unwrapped({ _zod: { def } }: ZodLike): Unwrapped | undefined {
  if (def.checks?.length && (def.type === 'nullable' || def.type === 'optional' || def.type === 'default')) return undefined
  const inner = def.innerType && unwrapped(def.innerType)
  switch (def.type) {
    case 'nullable':
      return inner && !inner.defaulted ? { ...inner, nullable: true } : undefined
    case 'optional':
      return inner && !inner.defaulted ? { ...inner, optional: true } : undefined
    case 'default':
      return inner && !inner.optional && !inner.defaulted ? { ...inner, defaulted: def } : undefined
    default:
      return { def, nullable: false, optional: false }
  }
}
