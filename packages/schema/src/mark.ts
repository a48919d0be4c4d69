import type { ColumnType } from './types.js'

// Text and not a symbol: it must be the same in two copies of this package, and sits in the `params` of a zod check, which every
// clone of the schema (describe, max, refine) carries along.
const key = 'millrace.column'

/** The `params` of a check that carries a column type. */
export const markOf = (type: ColumnType): Record<string, unknown> => ({ [key]: type })

/** The column type that a check's `params` carry, if they do. */
export function markedType(params: unknown): ColumnType | undefined {
  return typeof params === 'object' && params !== null ? (params as Record<string, ColumnType>)[key] : undefined
}
