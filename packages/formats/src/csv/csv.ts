import { type FlowFacts, type Format, isEtlError } from '@millrace/etl-core'
import { columnsOf } from '@millrace/schema'
import { withLimit } from '../options.js'
import type { CsvColumns } from './cell.js'
import { decodeCsv } from './decode.js'
import { decodeDialect } from './dialect-decode.js'
import { csvEncoder, csvHead } from './encode.js'
import { type CsvOptions, type CsvSettings, csvSettings, isPlainDialect, lookOf } from './options.js'

const nothing = new Uint8Array(0)

/**
 * CSV as RFC 4180 describes it, in UTF-8.
 *
 * Writing: a field is quoted only where it holds a delimiter, a quote, a CR or LF (RFC 4180: blanks are part of a field as they are); quotes are doubled.
 * null and undefined become an empty field, numbers stand as JavaScript prints them, bigints in digits, booleans as `true` and `false`,
 * dates in ISO form, bytes in base64, objects and arrays as JSON. `NaN`, infinities, functions and halves of surrogate pairs are
 * RecordError `ETL_RECORD_REFUSED`, and so is a field that has no column, unless the columns were stated in `columns`. The header is
 * there even if no record is, once the columns are known. A unit may end after any batch.
 *
 * Reading: records are plain objects of texts by header name. LF, CRLF and CR are told apart by the first line end; a byte order mark is
 * passed over; blank lines are no records, except in a file of one column. What cannot be read becomes an Unreadable with
 * `{ line, byte, column }` and reading goes on at the next line end outside quotes: rows with too many or too few fields, quotes within
 * a field, text behind a closing quote, text that is not UTF-8, records above `maxRecordBytes`, fields above `maxFieldBytes`, a quote that
 * is still open at the end. Dialects with `comment`, `relaxQuotes` or a delimiter of more than one ASCII character are read by csv-parse,
 * which is loaded only then; what is said here holds for them too.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems of the options at once. While reading: SourceError `ETL_SOURCE_MALFORMED` for
 * a header with empty or repeated names or without a name in `columns`, and for a quote that is still open at four times
 * `maxRecordBytes`; ConfigError `ETL_CONFIG_INVALID` for neither header nor `columns`.
 * When assembling: ConfigError `ETL_COLUMNS_UNKNOWN` if parts of one file took different columns from their first records.
 * @example
 * csv()                                            // columns from the record schema, or from the first record
 * csv({ delimiter: ';', bom: true, lineEnd: '\r\n' })   // for Excel in most of Europe
 * csv({ delimiter: '||', comment: '#' })                // lines that begin with # are passed over
 */
export function csv<T extends object = Record<string, string>>(options: CsvOptions = {}): Format<T> {
  const settings = csvSettings(options)
  return csvFormat<T>(settings, settings.columns && { names: settings.columns, chosen: true })
}

function csvFormat<T extends object>(settings: CsvSettings, fixed: CsvColumns | undefined): Format<T> {
  const decode = isPlainDialect(settings) ? decodeCsv : decodeDialect
  return Object.freeze<Format<T>>({
    name: 'csv',
    extension: 'csv',
    contentType: 'text/csv; charset=utf-8',
    layout: { format: 'csv', ...lookOf(settings), columns: fixed?.names ?? null },
    prepare: facts => (fixed ? csvFormat<T>(settings, fixed) : csvFormat<T>(settings, columnsOfFlow(facts))),
    encoder: before => csvEncoder<T>(settings, fixed, before),
    assemble: units => ({ head: csvHead(settings, fixed, units), between: nothing, tail: nothing }),
    // The record type is the caller's word: what is read are texts.
    decode: (input, from, limits) =>
      decode(settings, input, from, withLimit(limits, settings.maxRecordBytes)) as AsyncGenerator<never>,
  })
}

/** Names are all a CSV file needs, so a schema with a field of unknown type is as good as none: the first record decides. */
function columnsOfFlow({ schema }: FlowFacts): CsvColumns | undefined {
  if (!schema) return undefined
  try {
    return { names: columnsOf(schema).map(column => column.name), chosen: false }
  } catch (error) {
    if (isEtlError(error, 'ETL_COLUMNS_UNKNOWN')) return undefined
    throw error
  }
}
