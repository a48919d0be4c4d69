import type { Column, LateColumns } from '@millrace/etl-core'
import { ByteLines } from './byte-lines.js'
import type { CsvColumns } from './cell.js'
import { fieldWriter } from './lines.js'
import { isWrittenPlainly } from './number.js'
import { type CsvSettings, isPlainDialect } from './options.js'
import { valuePutter } from './put-value.js'
import { endMask, hasEscapes, inQuotes, isWide } from './scanned.js'
import { CsvTable } from './table.js'

/** Writes records that are not made yet. `undefined`: there is something about them that only their records can tell. */
export type LateWriter = (late: LateColumns, columns: CsvColumns) => Buffer | undefined

/**
 * Writes what a writer of records would write, byte for byte. Fields of CSV that no step has changed are copied as they came, several at once where
 * they stand side by side.
 */
export function lateWriter(settings: CsvSettings): LateWriter {
  const lines = new ByteLines(settings)
  let made: ((late: LateColumns) => boolean) | undefined
  let madeFor: readonly unknown[] = []
  // What has to be looked at in every text is left to the writer of records.
  if (settings.guardFormulas || !isPlainDialect(settings)) return () => undefined
  return (late, columns) => {
    const key = [late.columns, columns.names, sameDialect(late, settings)]
    if (key.some((part, index) => part !== madeFor[index])) {
      made = linesOf(late.columns, columns, settings, lines)
      madeFor = key
    }
    lines.clear()
    return made?.(late) === true ? lines.taken() : undefined
  }
}

const sameDialect = ({ table }: LateColumns, settings: CsvSettings): boolean =>
  table instanceof CsvTable &&
  table.isText &&
  (['delimiter', 'quote', 'escape', 'emptyText'] as const).every(option => table.settings[option] === settings[option])

function linesOf(from: readonly Column[], { names, chosen }: CsvColumns, settings: CsvSettings, lines: ByteLines) {
  // A field without a column may be an error, or undefined in all records: the records tell.
  if (!chosen && from.some(({ name }) => !names.includes(name))) return undefined
  const columns = names.map(name => from.find(column => column.name === name))
  const { delimiter, lineEnd } = settings
  const nothing = fieldWriter(settings, names.length)(undefined)
  const put = valuePutter(settings, names.length, lines)
  /** Whether a field that is not empty stands in the file as it would be written. */
  const isAsWritten = (table: CsvTable, start: number, end: number): boolean => {
    if (end <= endMask) return true
    // U+FEFF, or another character that begins with the same byte.
    if (end & isWide && table.bytes[start + (end & inQuotes ? 1 : 0)] === 0xef) return false
    if ((end & inQuotes) === 0) return (end & hasEscapes) === 0
    if (end & hasEscapes) return settings.escape === settings.quote
    return !lines.isPlain(table.bytes, start + 1, (end & endMask) - 1)
  }
  const putFieldOf = (table: CsvTable, row: number, column: number): boolean => {
    const start = table.startOf(row, column)
    const end = table.endOf(row, column)
    const stop = end & endMask
    // Empty, with quotes or without: what that is, depends.
    if (start === stop || (end & inQuotes && stop - start === 2)) return put(table.read(row, column))
    if (isAsWritten(table, start, end)) lines.raw(table.bytes, start, stop)
    // In quotes that it does not need.
    else if ((end & (isWide | hasEscapes)) === 0) lines.raw(table.bytes, start + 1, stop - 1)
    else return put(table.read(row, column))
    return true
  }
  /** Fields that stand side by side. */
  const putFieldsOf = (table: CsvTable, row: number, first: number, last: number): boolean => {
    let from = table.startOf(row, first)
    let start = from
    for (let column = first; column <= last; column++) {
      const end = table.endOf(row, column)
      if (end > endMask && !isAsWritten(table, start, end)) {
        if (column > first) lines.raw(table.bytes, from, start)
        if (!putFieldOf(table, row, column)) return false
        from = end & endMask
      }
      start = (end & endMask) + 1
    }
    lines.raw(table.bytes, from, start - 1)
    return true
  }

  return (late: LateColumns): boolean => {
    const { rows, slots } = late
    const same = sameDialect(late, settings)
    const table = late.table as CsvTable
    const runs = runsOf(columns, same)
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] as number
      for (let at = 0; at < runs.length; at++) {
        const { first, last, column } = runs[at] as Run
        if (at > 0) lines.ascii(delimiter)
        if (first >= 0) {
          if (!(first === last ? putFieldOf(table, row, first) : putFieldsOf(table, row, first, last))) return false
        } else if (!column) lines.ascii(nothing)
        else if (column.at >= 0) {
          if (!put(table.read(row, column.at))) return false
        } else if (same && column.numberOf !== undefined && isPlainNumber(table, row, column.numberOf)) {
          putFieldOf(table, row, column.numberOf)
        } else if (!put(slots[-1 - column.at]?.[row])) return false
      }
      lines.ascii(lineEnd)
    }
    return true
  }
}

function isPlainNumber(table: CsvTable, row: number, column: number): boolean {
  const end = table.endOf(row, column)
  return end <= endMask && isWrittenPlainly(table.bytes, table.startOf(row, column), end)
}

/** Columns of the file from `first` to `last`, or one that is not copied. */
interface Run {
  readonly first: number
  readonly last: number
  readonly column: Column | undefined
}

function runsOf(columns: readonly (Column | undefined)[], copies: boolean): readonly Run[] {
  const runs: Run[] = []
  for (const column of columns) {
    const before = runs.at(-1)
    if (!copies || !column || column.at < 0) runs.push({ first: -1, last: -1, column })
    else if (before && before.first >= 0 && before.last + 1 === column.at) runs[runs.length - 1] = { ...before, last: column.at }
    else runs.push({ first: column.at, last: column.at, column: undefined })
  }
  return runs
}
