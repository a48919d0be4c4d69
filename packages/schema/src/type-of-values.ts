import type { ColumnType } from './types.js'

const bigNumber = (value: number) => value < -0x80000000 || value > 0x7fffffff

/** What kind of column holds a fixed list of values (an enum, literals), and whether null is one of them. */
export function typeOfValues(values: readonly unknown[]): { readonly type: ColumnType; readonly nullable: boolean } | string {
  const present = values.filter(value => value !== null && value !== undefined)
  const nullable = present.length < values.length
  const kinds = new Set(present.map(value => typeof value))
  if (kinds.size !== 1) return `values of ${kinds.size === 0 ? 'no' : 'several'} types`
  switch ([...kinds][0]) {
    case 'string':
      return { type: { kind: 'string' }, nullable }
    case 'boolean':
      return { type: { kind: 'bool' }, nullable }
    case 'bigint':
      return { type: { kind: 'int64' }, nullable }
    case 'number': {
      const numbers = present as number[]
      if (!numbers.every(Number.isInteger)) return { type: { kind: 'float64' }, nullable }
      return { type: { kind: numbers.some(bigNumber) ? 'int64' : 'int32' }, nullable }
    }
    default:
      return 'values that are neither text, number nor boolean'
  }
}

/** The type of whole numbers between two bounds, as far as they are known. */
export function integerType(minimum: number | undefined, maximum: number | undefined): ColumnType {
  const narrow = minimum !== undefined && maximum !== undefined && !bigNumber(minimum) && !bigNumber(maximum)
  return { kind: narrow ? 'int32' : 'int64' }
}

/** One type for the branches of a union, if they agree. A branch of objects or lists makes all of it json, which holds the rest too. */
export function commonType(types: readonly ColumnType[]): ColumnType | undefined {
  const first = types[0]
  if (!first) return undefined
  if (types.some(type => type.kind === 'json')) return { kind: 'json' }
  if (types.every(type => type.kind === 'string')) return longest(types)
  if (types.every(type => type.kind === 'int32' || type.kind === 'int64')) {
    return { kind: types.every(type => type.kind === 'int32') ? 'int32' : 'int64' }
  }
  return types.every(type => JSON.stringify(type) === JSON.stringify(first)) ? first : undefined
}

function longest(types: readonly ColumnType[]): ColumnType {
  const lengths = types.map(type => (type.kind === 'string' ? type.length : undefined))
  return lengths.some(length => length === undefined)
    ? { kind: 'string' }
    : { kind: 'string', length: Math.max(...(lengths as number[])) }
}
