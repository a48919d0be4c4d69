import { isUtf8 } from 'node:buffer'
import type { DecodeOptions, Json, RecordError, Unreadable } from '@millrace/etl-core'
import { malformed, notUtf8, tooLong, unparsable } from '../errors.js'
import { rawText } from '../text.js'
import type { CsvSettings } from './options.js'
import { unescaper } from './records.js'
import type { CsvFault, OddRecord } from './scanned.js'

/** Where some bytes stand in their file. */
export interface BlockPlace {
  readonly place: string
  readonly byte: number
  readonly line: number
}

const faultTexts: Readonly<Record<CsvFault['kind'], string>> = {
  strayQuote: 'A quote stands within a field that does not begin with one.',
  textAfterQuote: 'Text follows the closing quote of a field.',
  unterminatedQuote: 'A quote is opened and never closed.',
  notUtf8: 'The text is not UTF-8.',
  longField: 'The field is longer than "maxFieldBytes" allows.',
}

/** What a record of the wrong form is handed over as. */
export function unreadable(
  record: OddRecord,
  bytes: Buffer,
  at: BlockPlace,
  names: readonly string[],
  options: DecodeOptions,
): Unreadable {
  const error = problemOf(record, at, names, options)
  return { raw: rawText(bytes, record), position: positionIn(at, record, error.path[0] ?? columnPast(record, names)), error }
}

function problemOf(record: OddRecord, at: BlockPlace, names: readonly string[], { maxRecordBytes }: DecodeOptions): RecordError {
  const { fault, fields } = record
  if (record.tooLong && fault?.kind === 'unterminatedQuote') {
    const what = 'a quote opened in this line is never closed, so nothing behind it can be told apart.'
    throw malformed(at.place, what, { byte: at.byte + record.start, line: at.line + record.line })
  }
  if (record.tooLong) return tooLong(maxRecordBytes)
  if (fault) return unparsable(faultTexts[fault.kind], nameAt(names, fault.field))
  const text = `The row has ${fields} ${fields === 1 ? 'field' : 'fields'} and the header ${names.length}.`
  return unparsable(text, nameAt(names, fields))
}

/**
 * The bytes of a header that can be read.
 *
 * @throws SourceError `ETL_SOURCE_MALFORMED` for one that is no CSV, no UTF-8 or too long.
 */
export function headerLine(
  header: OddRecord,
  bytes: Buffer,
  at: BlockPlace,
  { invalidUtf8 }: CsvSettings,
  options: DecodeOptions,
): Buffer {
  const { start, end, fault } = header
  const line = bytes.subarray(start, end)
  const problem = header.tooLong
    ? tooLong(options.maxRecordBytes)
    : fault
      ? unparsable(faultTexts[fault.kind])
      : invalidUtf8 === 'replace' || isUtf8(line)
        ? undefined
        : notUtf8()
  if (problem) {
    const what = `the header cannot be read. ${problem.message}`
    throw malformed(at.place, what, { line: at.line + header.line, cause: problem })
  }
  return line
}

/** The names in a header, as they stand there. Throws as {@link headerLine} does. */
export function namesIn(
  header: OddRecord,
  bytes: Buffer,
  at: BlockPlace,
  settings: CsvSettings,
  options: DecodeOptions,
): readonly string[] {
  const line = headerLine(header, bytes, at, settings, options)
  const withoutEscapes = unescaper(settings)
  const quote = settings.quote.charCodeAt(0)
  return splitFields(line, settings).map(field =>
    field[0] === quote ? withoutEscapes(field.toString('utf8', 1, field.length - 1)) : field.toString('utf8'),
  )
}

/** The fields of one record without faults, as the bytes they stand there with. Not quick. */
function splitFields(record: Buffer, settings: CsvSettings): Buffer[] {
  const [delimiter, quote, escapeByte] = [settings.delimiter, settings.quote, settings.escape].map(each => each.charCodeAt(0))
  const fields: Buffer[] = []
  let start = 0
  let within = false
  for (let at = 0; at < record.length; at++) {
    const byte = record[at]
    if (within && byte === escapeByte && escapeByte !== quote) at++
    else if (byte === quote) within = !within
    else if (!within && byte === delimiter) {
      fields.push(record.subarray(start, at))
      start = at + 1
    }
  }
  fields.push(record.subarray(start))
  return fields
}

/** A path is told before the message: a number of its own would say nothing there. */
const nameAt = (names: readonly string[], field: number): string[] => (names[field] === undefined ? [] : [names[field]])

/** The number, from 1, of the first column that has no name, where that is what is wrong. */
function columnPast({ tooLong, fault, fields }: OddRecord, names: readonly string[]): number | undefined {
  if (tooLong) return undefined
  if (fault) return fault.field < names.length ? undefined : fault.field + 1
  return fields > names.length ? names.length + 1 : undefined
}

/** A record's place in its file. */
export function positionIn(
  at: BlockPlace,
  { start, line }: { readonly start: number; readonly line: number },
  column?: string | number,
): Json {
  return { line: at.line + line, byte: at.byte + start, ...(column === undefined ? {} : { column }) }
}
