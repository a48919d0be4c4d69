import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import type { CsvSettings } from './options.js'
import type { LineEnds } from './scan.js'

// The one file that knows the CSV library. What it gets is known to be good CSV; what it gives are texts, row by row. A faster reader or
// writer replaces these two functions and nothing else.

/** A field as text; `null` only where an unquoted empty field means null. */
export type Field = string | null

/** The fields of some whole records that the scanner found no fault in. */
export function parseRows(bytes: Buffer, settings: CsvSettings, ends: LineEnds | undefined, skipBlank: boolean): Field[][] {
  return parse(bytes, parseOptions(settings, ends, skipBlank)) as unknown as Field[][]
}

/** The same with fields as bytes, for records whose text is not UTF-8. */
export function parseRowBytes(bytes: Buffer, settings: CsvSettings, ends: LineEnds | undefined): Buffer[] {
  const rows = parse(bytes, { ...parseOptions(settings, ends, false), cast: false, encoding: null }) as unknown as Buffer[][]
  return rows[0] ?? []
}

function parseOptions(settings: CsvSettings, ends: LineEnds | undefined, skipBlank: boolean) {
  const { delimiter, quote, escape: escapeChar, emptyText } = settings
  return {
    delimiter,
    quote,
    escape: escapeChar,
    record_delimiter: ends === 'cr' ? ['\r\n', '\n', '\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: skipBlank,
    ...(emptyText === 'quoted'
      ? { cast: (value: string, { quoting }: { quoting: boolean }) => (value === '' && !quoting ? null : value) }
      : {}),
  }
}

// Besides the delimiter and the quote, which the library sees to itself. U+FEFF: at the start of a file it would be a byte order mark.
const notBare = /[\r\n]|^\ufeff/

/** Rows of texts as CSV lines, each with its line end. */
export function stringifyRows(rows: readonly (readonly (string | null)[])[], settings: CsvSettings, columnCount: number): string {
  const { delimiter, quote, escape: escapeChar, lineEnd, emptyText } = settings
  return stringify(rows as (string | null)[][], {
    delimiter,
    quote,
    escape: escapeChar,
    record_delimiter: lineEnd,
    quoted_match: emptyText === 'quoted' ? [notBare, /^$/] : [notBare],
    // A blank line is no record to most readers.
    ...(columnCount === 1 && emptyText === 'empty' ? { quoted_empty: true } : {}),
  })
}
