import { ConfigError, type Json, type UnitEncoder, type UnitReceipt } from '@millrace/etl-core'
import { refused } from '../errors.js'
import { base64, jsonText, valueProblem } from '../json-text.js'
import { utf8 } from '../text.js'
import { stringifyRows } from './library.js'
import { type CsvSettings, namesProblem } from './options.js'

/** The columns to write, and whether a record may have more fields than these. */
export interface CsvColumns {
  readonly names: readonly string[]
  /** Stated by hand: other fields are left out on purpose. Else a field without a column is an error, not a loss. */
  readonly chosen: boolean
}

/**
 * Writes CSV lines. A batch is encoded whole or not at all: after an error the encoder is as it was. Columns that are not fixed are those
 * of the units before, else those of the first record.
 */
export function csvEncoder<T extends object>(
  settings: CsvSettings,
  fixed: CsvColumns | undefined,
  before: readonly UnitReceipt[] = [],
): UnitEncoder<T> {
  let columns = fixed ?? columnsOfLast(before)
  return {
    write(records) {
      if (records.length === 0) return []
      const other = records.findIndex(record => typeof record !== 'object' || record === null || Array.isArray(record))
      if (other >= 0) throw refused('A record is no object with fields, so it has no columns.', other)
      const known = columns ?? columnsOfFirst(records[0] as T)
      const bytes = utf8(encodeRows(records, known, settings))
      columns = known
      return [bytes]
    },
    end() {
      return { bytes: [], ...(fixed || !columns ? {} : { meta: { columns: columns.names } }) }
    },
  }
}

function encodeRows(records: readonly object[], columns: CsvColumns, settings: CsvSettings): string {
  const rows = records.map((record, row) => cellsOf(record as Record<string, unknown>, columns, row))
  const text = stringifyRows(rows, settings, columns.names.length)
  if (!isWellFormed(text)) throw halfCharacter(rows, columns.names)
  return text
}

function cellsOf(record: Record<string, unknown>, { names, chosen }: CsvColumns, row: number): (string | null)[] {
  if (!chosen) {
    for (const field in record) {
      if (!names.includes(field) && record[field] !== undefined) throw noColumn(field, names, row)
    }
  }
  return names.map(name => cellText(record[name], name, row))
}

/** A value as the text of a field; `null` for null and undefined. */
function cellText(value: unknown, column: string, row: number): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  const problem = valueProblem(value)
  if (problem) throw refused(problem, row, [column])
  if (typeof value !== 'object') return String(value)
  if (value instanceof Date) return value.toISOString()
  return value instanceof Uint8Array ? base64(value) : jsonText(value, row, [column])
}

function columnsOfFirst(record: object): CsvColumns {
  const names = Object.keys(record)
  const problem = names.length === 0 ? 'has no fields' : namesProblem(names)
  if (problem) throw refused(`The first record decides the columns, and it ${problem}.`, 0)
  return { names, chosen: false }
}

function noColumn(field: string, names: readonly string[], row: number) {
  const known = names.map(name => JSON.stringify(name)).join(', ')
  return refused(`The field has no column (columns: ${known}). State the columns in csv({ columns }).`, row, [field])
}

// In Node 20, but not yet in the types of ES2023.
const isWellFormed = (text: string) => (text as string & { isWellFormed(): boolean }).isWellFormed()

function halfCharacter(rows: readonly (readonly (string | null)[])[], names: readonly string[]) {
  const row = rows.findIndex(cells => cells.some(cell => cell !== null && !isWellFormed(cell)))
  const column = rows[row]?.findIndex(cell => cell !== null && !isWellFormed(cell)) ?? -1
  const name = names[column]
  return refused('The text holds half a surrogate pair, which UTF-8 cannot.', Math.max(0, row), name === undefined ? [] : [name])
}

/** What goes before the first unit: the byte order mark and the header. Empty while no columns are known. */
export function csvHead(settings: CsvSettings, fixed: CsvColumns | undefined, units: readonly UnitReceipt[]): Uint8Array {
  const names = fixed?.names ?? columnsOfUnits(units)
  const mark = settings.bom ? '\uFEFF' : ''
  return utf8(settings.header && names ? mark + stringifyRows([names], settings, names.length) : mark)
}

function columnsOfLast(units: readonly UnitReceipt[]): CsvColumns | undefined {
  const last = units.findLast(({ meta }) => columnsIn(meta).length > 0)
  const [names] = columnsIn(last?.meta)
  return names && { names, chosen: false }
}

function columnsOfUnits(units: readonly UnitReceipt[]): readonly string[] | undefined {
  const lists = units.flatMap(({ meta }) => columnsIn(meta))
  const first = lists[0]
  const other = lists.find(names => JSON.stringify(names) !== JSON.stringify(first))
  if (!first || !other) return first
  throw new ConfigError(
    'ETL_COLUMNS_UNKNOWN',
    `The parts of one CSV file have different columns (${first.join(', ')} and ${other.join(', ')}): each took those of the first record ` +
      'it saw. State them in csv({ columns }), or add .validate(schema) as the last step.',
  )
}

function columnsIn(meta: Json | undefined): (readonly string[])[] {
  const columns = (meta as { columns?: readonly string[] } | undefined)?.columns
  return columns === undefined ? [] : [columns]
}
