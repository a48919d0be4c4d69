import { checkOptions, isBoolean, isOneOf, isWholeNumber, type OptionCheck } from '../options.js'

/** What a CSV file looks like. Every option has a default; unknown ones are refused. */
export interface CsvOptions {
  /**
   * The fields, in order. Writing: exactly these, other fields of a record are left out. Reading: the header must have them all; without
   * a header they are the names. Default when writing: the flow's record schema, else the fields of the first record; when reading: the
   * header.
   */
  readonly columns?: readonly string[]
  /** One ASCII character. Default `,`. Others, and texts of up to 16 characters, are read by csv-parse, some 15 times slower. */
  readonly delimiter?: string
  /** One ASCII character. Default `"`. */
  readonly quote?: string
  /** What stands before a quote within quotes, one ASCII character. Default: the quote itself, as RFC 4180 has it. */
  readonly escape?: string
  /** Written behind every record. Default `'\n'`. When reading, LF, CRLF and CR are told apart by themselves. */
  readonly lineEnd?: '\n' | '\r\n'
  /** The first line holds the names. Default true. */
  readonly header?: boolean
  /** Write a UTF-8 byte order mark, which Excel needs. Default false. When reading, one is always passed over. */
  readonly bom?: boolean
  /**
   * `empty` (default): null and `''` are both written as an empty field, and an empty field is read as `''`. `quoted`: `''` is written as
   * `""` and null as an empty field, and read back the same way (as Athena and Postgres do).
   */
  readonly emptyText?: 'empty' | 'quoted'
  /**
   * Reading: lines that begin with this text are comments, and passed over. Writing: a field that begins with it is quoted. Default: none.
   * Read by csv-parse, some 15 times slower.
   */
  readonly comment?: string
  /**
   * Reading: a quote where none belongs is part of the field's text, as it stands there; a field in quotes ends only where a delimiter or
   * a line end follows. Default false: such records are unreadable. Read by csv-parse, some 15 times slower.
   */
  readonly relaxQuotes?: boolean
  /** Reading: `reject` (default) makes a record that is not UTF-8 unreadable; `replace` reads it with U+FFFD for what is not. */
  readonly invalidUtf8?: 'reject' | 'replace'
  /** Reading: a record with a longer field is unreadable; in bytes of its text. Default: only `maxRecordBytes` limits it. */
  readonly maxFieldBytes?: number
  /**
   * Reading: a longer record is unreadable, in bytes. Default 16 MiB. What reads the file may say otherwise. A quote that is still open at
   * four times this is taken for one that is never closed: `ETL_SOURCE_MALFORMED`, at its position.
   */
  readonly maxRecordBytes?: number
  /**
   * Writing: put a `'` before texts, and column names, that a spreadsheet may take for a formula: those that begin with `=`, `+`, `-`, `@`,
   * a tab, CR or LF, or the wide forms of the first four. For files that people open in Excel and strangers have written texts for.
   * It changes data: other readers see the `'`. Numbers stay as they are. Default false.
   */
  readonly guardFormulas?: boolean
}

/** {@link CsvOptions} with all defaults. */
export type CsvSettings = Required<Omit<CsvOptions, Optional>> & { readonly [O in Optional]: CsvOptions[O] | undefined }
type Optional = 'columns' | 'comment' | 'maxFieldBytes' | 'maxRecordBytes'

const isCharacter: OptionCheck = value =>
  typeof value === 'string' && value.length === 1 && value.charCodeAt(0) < 0x80 && value !== '\n' && value !== '\r'
    ? undefined
    : 'is not one ASCII character other than a line end'

const isMark: OptionCheck = value =>
  typeof value === 'string' && /^[^\r\n]{1,16}$/.test(value) && !/\p{Surrogate}/u.test(value)
    ? undefined
    : 'is not a text of 1 to 16 characters without line ends'

const areColumns: OptionCheck = value => {
  if (!Array.isArray(value) || !value.every(name => typeof name === 'string')) return 'is not a list of names'
  return value.length === 0 ? 'is empty' : namesProblem(value)
}

/** What is wrong with a list of column names, or `undefined`. */
export function namesProblem(names: readonly string[]): string | undefined {
  const empty = names.flatMap((name, index) => (name === '' ? [index + 1] : []))
  const twice = [...new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index))]
  const problems = [
    ...(empty.length > 0 ? [`has no name in column ${empty.join(', ')}`] : []),
    ...(twice.length > 0 ? [`has ${twice.map(name => JSON.stringify(name)).join(', ')} more than once`] : []),
  ]
  return problems.length === 0 ? undefined : problems.join(' and ')
}

/** Checks options and fills in defaults. */
export function csvSettings(options: CsvOptions): CsvSettings {
  const { columns, delimiter = ',', quote = '"', lineEnd = '\n', header = true, bom = false, emptyText = 'empty' } = options
  const { comment, relaxQuotes = false, invalidUtf8 = 'reject', maxFieldBytes, maxRecordBytes, guardFormulas = false } = options
  const escapeChar = options.escape ?? quote
  checkOptions(
    'csv',
    options,
    {
      columns: areColumns,
      delimiter: isMark,
      quote: isCharacter,
      escape: isCharacter,
      lineEnd: isOneOf('\n', '\r\n'),
      header: isBoolean,
      bom: isBoolean,
      emptyText: isOneOf('empty', 'quoted'),
      comment: isMark,
      relaxQuotes: isBoolean,
      invalidUtf8: isOneOf('reject', 'replace'),
      maxFieldBytes: isWholeNumber(1),
      maxRecordBytes: isWholeNumber(1),
      guardFormulas: isBoolean,
    },
    [
      sharedProblem('delimiter', delimiter, 'quote', quote),
      escapeChar === quote ? undefined : sharedProblem('delimiter', delimiter, 'escape', escapeChar),
      comment === undefined
        ? undefined
        : sharedProblem('comment', comment, 'delimiter, quote or escape', delimiter + quote + escapeChar),
    ],
  )
  return Object.freeze({
    columns: columns && Object.freeze([...columns]),
    delimiter,
    quote,
    escape: escapeChar,
    lineEnd,
    header,
    bom,
    emptyText,
    comment,
    relaxQuotes,
    invalidUtf8,
    maxFieldBytes,
    maxRecordBytes,
    guardFormulas,
  })
}

function sharedProblem(name: string, text: unknown, other: string, otherText: unknown): string | undefined {
  if (typeof text !== 'string' || typeof otherText !== 'string') return undefined
  if (text === otherText) return `"${name}" and "${other}" are the same`
  return [...text].some(char => otherText.includes(char)) ? `"${name}" has a character of ${other}` : undefined
}

/** Whether the scanner of single bytes reads this dialect. */
export const isPlainDialect = ({ delimiter, comment, relaxQuotes }: CsvSettings): boolean =>
  delimiter.length === 1 && delimiter.charCodeAt(0) < 0x80 && comment === undefined && !relaxQuotes

/** Those settings that decide what bytes are written. */
export function lookOf({ columns: _, comment, guardFormulas, ...settings }: CsvSettings) {
  const { delimiter, quote, escape: escapeChar, lineEnd, header, bom, emptyText } = settings
  return {
    ...{ delimiter, quote, escape: escapeChar, lineEnd, header, bom, emptyText },
    ...(comment === undefined ? {} : { comment }),
    ...(guardFormulas ? { guardFormulas } : {}),
  }
}
