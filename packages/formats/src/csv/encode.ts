import { ConfigError, type Json, type UnitEncoder, type UnitReceipt } from '@millrace/etl-core'
import { refused } from '../errors.js'
import { utf8 } from '../text.js'
import { type CsvColumns, cell, isWellFormed } from './cell.js'
import { guarded, guardedRecords } from './guard.js'
import { type LateWriter, lateWriter } from './late-writer.js'
import { columnWriter, fieldWriter } from './lines.js'
import { type CsvSettings, namesProblem } from './options.js'
import { type RecordWriter, recordWriter } from './record-writer.js'

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
  let write = columns && rowWriter(columns, settings)
  let writeLate: LateWriter | undefined
  return {
    write(records) {
      if (records.length === 0) return []
      const other = records.findIndex(record => typeof record !== 'object' || record === null || Array.isArray(record))
      if (other >= 0) throw refused('A record is no object with fields, so it has no columns.', other)
      const known = columns ?? columnsOfFirst(records[0] as T)
      const writeKnown = write ?? rowWriter(known, settings)
      const bytes = writeKnown(settings.guardFormulas ? guardedRecords(records) : records)
      columns = known
      write = writeKnown
      return [bytes]
    },
    writeLate(late) {
      if (late.rows.length === 0) return []
      const known = columns ?? { names: late.columns.map(({ name }) => name), chosen: false }
      if (known !== columns && (known.names.length === 0 || namesProblem(known.names))) return undefined
      writeLate ??= lateWriter(settings)
      const bytes = writeLate(late, known)
      if (bytes === undefined) return undefined
      columns = known
      return [bytes]
    },
    end() {
      return { bytes: [], ...(fixed || !columns ? {} : { meta: { columns: columns.names } }) }
    },
  }
}

const replacement = Buffer.from('\uFFFD')

/** Writes records of known columns. Made once for each encoder: it remembers what columns held. */
function rowWriter(csvColumns: CsvColumns, settings: CsvSettings): (records: readonly object[]) => Uint8Array {
  const { names, chosen } = csvColumns
  const write = fieldWriter(settings, names.length)
  const columns = names.map(name => ({ name, write: columnWriter(write) }))
  const known = new Set(names)
  const { delimiter, lineEnd } = settings
  let quick: RecordWriter | undefined
  return records => {
    if (!chosen) for (const [row, record] of records.entries()) refuseOthers(record, names, known, row)
    quick ??= recordWriter(csvColumns, settings)
    const lines = quick(records)
    if (lines) return lines
    let text = ''
    for (let row = 0; row < records.length; row++) {
      const record = records[row] as Record<string, unknown>
      for (let index = 0; index < columns.length; index++) {
        const column = columns[index] as (typeof columns)[number]
        if (index > 0) text += delimiter
        text += cell(record[column.name], column.name, row, column.write)
      }
      text += lineEnd
    }
    const bytes = Buffer.from(text, 'utf8')
    // Halves of characters have become U+FFFD. Looking for that first is far cheaper than looking at each character.
    if (bytes.includes(replacement) && !isWellFormed(text)) throw halfCharacter(records, names)
    return bytes
  }
}

/** Most records have just the columns, in their order, which is quick to see. */
function refuseOthers(record: object, names: readonly string[], known: ReadonlySet<string>, row: number): void {
  let index = 0
  for (const field in record) {
    if (field !== names[index++] && !known.has(field) && (record as Record<string, unknown>)[field] !== undefined)
      throw noColumn(field, names, row)
  }
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

function halfCharacter(records: readonly object[], names: readonly string[]) {
  const isBroken = (value: unknown) => typeof value === 'string' && !isWellFormed(value)
  const broken = (record: object) => names.findIndex(name => isBroken((record as Record<string, unknown>)[name]))
  const row = records.findIndex(record => broken(record) >= 0)
  const name = names[broken(records[row] ?? {})]
  return refused('The text holds half a surrogate pair, which UTF-8 cannot.', Math.max(0, row), name === undefined ? [] : [name])
}

/** What goes before the first unit: the byte order mark and the header. Empty while no columns are known. */
export function csvHead(settings: CsvSettings, fixed: CsvColumns | undefined, units: readonly UnitReceipt[]): Uint8Array {
  const names = fixed?.names ?? columnsOfUnits(units)
  const mark = settings.bom ? '\uFEFF' : ''
  if (!settings.header || !names) return utf8(mark)
  return utf8(
    mark +
      (settings.guardFormulas ? names.map(guarded) : names).map(fieldWriter(settings, names.length)).join(settings.delimiter) +
      settings.lineEnd,
  )
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
