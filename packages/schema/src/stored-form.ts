import type { Json } from '@millrace/etl-core'
import { toJsonForm } from './json-form.js'
import { parseText } from './parse-text.js'
import type { Column, ColumnType, Value } from './types.js'

/**
 * A value in the one JSON form that it has wherever it was stored: equal values are equal, whether they come from a step, a CSV field or a
 * Parquet column. Zeros at the end of a decimal and of a second's digits count for nothing, and text that is empty counts as null: formats
 * and partitions without types cannot tell the two apart.
 *
 * @param value - In flight, or as text of its type.
 * @throws RecordError `ETL_RECORD_INVALID` for text that is not of its type.
 */
export function storedForm({ type, name }: Pick<Column, 'type' | 'name'>, value: unknown): Json {
  if (value === null || value === undefined || value === '') return null
  if (type.kind === 'json') return typeof value === 'string' ? parsed(value) : (value as Json)
  const typed = typeof value === 'string' && untyped.has(type.kind) ? parseText(type, value, name) : (value as Value)
  const json = toJsonForm(type, typed)
  return typeof json === 'string' ? withoutZeros(type.kind, json) : json
}

/** Kinds that are no text in flight, and text in a CSV field. */
const untyped: ReadonlySet<ColumnType['kind']> = new Set(['int32', 'int64', 'float64', 'bool', 'bytes'])

/** A text may be JSON, or a JSON value itself. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function withoutZeros(kind: ColumnType['kind'], text: string): string {
  if (kind === 'timestamp') return text.replace(/(\.\d*?)0*Z$/, (_, digits: string) => `${digits === '.' ? '' : digits}Z`)
  if (kind !== 'decimal' || !text.includes('.')) return text
  const short = text.replace(/\.?0+$/, '')
  return short === '-0' ? '0' : short
}
