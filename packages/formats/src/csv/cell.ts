import { refused } from '../errors.js'
import { base64, jsonText, valueProblem } from '../json-text.js'
import type { FieldWriter } from './lines.js'

/** The columns to write, and whether a record may have more fields than these. */
export interface CsvColumns {
  readonly names: readonly string[]
  /** Stated by hand: other fields are left out on purpose. Else a field without a column is an error, not a loss. */
  readonly chosen: boolean
}

/** A value as a field. Only texts, and what may hold any, need a look at their characters. */
export function cell(value: unknown, column: string, row: number, write: FieldWriter): string {
  if (typeof value === 'string') return write(value)
  if (value === null || value === undefined) return write(undefined)
  const problem = valueProblem(value)
  if (problem) throw refused(problem, row, [column])
  if (typeof value !== 'object') return write(String(value))
  if (value instanceof Date) return write(value.toISOString())
  return write(value instanceof Uint8Array ? base64(value) : jsonText(value, row, [column]))
}

// In Node 20, but not yet in the types of ES2023.
export const isWellFormed = (text: string) => (text as string & { isWellFormed(): boolean }).isWellFormed()
