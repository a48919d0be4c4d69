import { isRecordError } from '@millrace/etl-core'
import type { ByteLines } from './byte-lines.js'
import { cell, isWellFormed } from './cell.js'
import { fieldWriter } from './lines.js'
import type { CsvSettings } from './options.js'

/** Writes values as fields; false for one that cannot be a field, of which nothing is written. */
export function valuePutter(settings: CsvSettings, columnCount: number, lines: ByteLines): (value: unknown) => boolean {
  const write = fieldWriter(settings, columnCount)
  const nothing = write(undefined)
  const empty = write('')
  const textOf = (value: unknown): string | undefined => {
    try {
      return cell(value, '', 0, write)
    } catch (error) {
      if (isRecordError(error)) return undefined
      throw error
    }
  }
  return value => {
    if (typeof value === 'string') {
      if (value === '') lines.ascii(empty)
      else if (!lines.plain(value)) {
        if (!isWellFormed(value)) return false
        lines.text(write(value))
      }
      return true
    }
    if (typeof value === 'number') {
      if (lines.number(value)) return true
      if (!Number.isFinite(value)) return false
      const text = String(value)
      if (!lines.plain(text)) lines.text(write(text))
      return true
    }
    if (value === null || value === undefined) lines.ascii(nothing)
    else {
      const text = textOf(value)
      if (text === undefined || !isWellFormed(text)) return false
      lines.text(text)
    }
    return true
  }
}
