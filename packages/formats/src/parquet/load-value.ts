import { isRecordError, type RecordError } from '@millrace/etl-core'
import {
  type Column,
  type ColumnType,
  checkValue,
  epochOf,
  invalidValue,
  parseText,
  timestampOf,
  type Value,
} from '@millrace/schema/columns'
import type { FileColumn } from './file-columns.js'

/** One column to read: its name in the record, where it is in the file (if it is), and how a value becomes one in flight. */
export interface ReadColumn {
  readonly name: string
  readonly inFile: boolean
  /** Throws RecordError for a value that cannot travel or is not as declared. */
  readonly load: (raw: unknown) => Value | null
}

/** A column as the file has it. */
export function asStated(column: FileColumn): ReadColumn {
  return { name: column.name, inFile: true, load: raw => loaded(column, raw) }
}

function loaded(column: FileColumn, raw: unknown): Value | null {
  if (raw === null || raw === undefined) return null
  const value = column.load(raw)
  if (value === undefined) throw invalidValue(column, raw, 'cannot travel: it is not finite, or outside the years 0001 to 9999')
  return value
}

/** A column as it is declared, or why the file's does not fit it. */
export function asDeclared(wanted: Column, found: FileColumn | undefined): ReadColumn | string {
  const { name } = wanted
  if (!found) return wanted.nullable ? { name, inFile: false, load: () => null } : 'it is not in the file, and takes no null'
  const convert = conversion(found.type, wanted)
  if (!convert) return `the file has ${found.type.kind} where ${wanted.type.kind} is declared`
  return {
    ...{ name, inFile: true },
    load(raw) {
      const value = loaded(found, raw)
      return checkValue(wanted, value === null ? null : convert(value))
    },
  }
}

const same = (value: Value): Value => value

/** How a value of the file's type becomes one of the declared type without loss, as far as types tell. */
function conversion(from: ColumnType, wanted: Column): ((value: Value) => Value) | undefined {
  const to = wanted.type
  if (to.kind === 'timestamp' && from.kind === 'timestamp') {
    return value => timestampOf(epochOf(value as string, 9) as bigint, 9, to.precision) as string
  }
  if (from.kind === to.kind) return same
  const steps: Readonly<Record<string, (value: Value) => Value>> = {
    'int32 int64': value => BigInt(value as number),
    'int32 float64': same,
    'int64 int32': value => Number(value),
    'int32 decimal': String,
    'int64 decimal': String,
    'bytes string': value => new TextDecoder('utf-8', { fatal: true }).decode(value as Uint8Array),
    'json string': value => JSON.stringify(value),
  }
  if (from.kind === 'string') return value => parseText(to, value as string, wanted.name)
  return steps[`${from.kind} ${to.kind}`]
}

/** Rows of a slice of columns; a row with a value that cannot travel is a RecordError in its place. */
export function rowsOf<T>(
  columns: readonly ReadColumn[],
  data: ReadonlyMap<string, ArrayLike<unknown>>,
  start: number,
  end: number,
): (T | RecordError)[] {
  const sources = columns.map(column => data.get(column.name))
  const rows: (T | RecordError)[] = []
  for (let at = start; at < end; at++) {
    try {
      const row: Record<string, unknown> = {}
      for (let c = 0; c < columns.length; c++) row[columns[c]!.name] = columns[c]!.load(sources[c]?.[at])
      rows.push(row as T)
    } catch (error) {
      if (!isRecordError(error)) throw error
      rows.push(error)
    }
  }
  return rows
}

/** A row as the file has it, for a reject. */
export function rawRow(
  columns: readonly ReadColumn[],
  data: ReadonlyMap<string, ArrayLike<unknown>>,
  at: number,
): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name }) => [name, data.get(name)?.[at]]))
}
