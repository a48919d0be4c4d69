import { isEtlError, RecordError, SourceError } from '@millrace/etl-core'

/** The input as a whole cannot be read on: who sent it must act. */
export function malformed(
  place: string,
  what: string,
  options: { byte?: number; line?: number; cause?: unknown } = {},
): SourceError {
  const { byte, line, cause } = options
  const at = [line === undefined ? [] : [`line ${line}`], byte === undefined ? [] : [`byte ${byte}`]].flat().join(', ')
  return new SourceError('ETL_SOURCE_MALFORMED', `${place}${at === '' ? '' : `, ${at}`}: ${what}`, {
    context: { place, ...(line === undefined ? {} : { line }), ...(byte === undefined ? {} : { byte }) },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** One record cannot be read. No position in the message: rejects are counted by it, and the position is kept beside it. */
export function unparsable(message: string, path: readonly (string | number)[] = [], cause?: unknown): RecordError {
  return new RecordError('ETL_RECORD_UNPARSABLE', message, { path, ...(cause === undefined ? {} : { cause }) })
}

/** A record too long to be read. */
export const tooLong = (maxRecordBytes: number | undefined): RecordError =>
  unparsable(
    `The record is longer than the ${maxRecordBytes ?? 'allowed 16 MiB'}${maxRecordBytes === undefined ? '' : ' bytes allowed'}.`,
  )

/** A record whose bytes are not UTF-8. */
export const notUtf8 = (path: readonly (string | number)[] = []): RecordError => unparsable('The text is not UTF-8.', path)

/** A record that the format cannot hold. `row` is its index in what was handed over. */
export function refused(message: string, row: number, path: readonly (string | number)[] = []): RecordError {
  return new RecordError('ETL_RECORD_REFUSED', message, { path, context: { row } })
}

const zlibCodes: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'the gzip data ends in the middle of a member: the file is truncated',
  Z_DATA_ERROR: 'the gzip data is damaged',
  Z_NEED_DICT: 'the gzip data needs a dictionary, which gzip files do not have',
}

/** What zlib throws, as ours. What the input itself threw stays as it is. */
export function fromZlib(error: unknown, place: string): unknown {
  if (isEtlError(error)) return error
  const { code, message } = error as { code?: unknown; message?: unknown }
  const what = typeof code === 'string' ? zlibCodes[code] : undefined
  return what === undefined ? error : malformed(place, `${what} (${String(message)}).`, { cause: error })
}

// V8 words it in three ways: `Unexpected token 'a', "…" is not valid JSON`, `… in JSON at position 7 (line 1 column 8)`, `Unexpected end of …`.
const v8Tail = /(, (\.\.\.)?"[\s\S]*| in JSON( at position \d+.*)?| of JSON input| at position \d+.*)$/

/** What `JSON.parse` threw, without the text and the position in it: those differ with every record. */
export function fromJsonParse(error: unknown): RecordError {
  const what = (error as Error).message.replace(v8Tail, '')
  return unparsable(`Not JSON: ${what}.`, [], error)
}
