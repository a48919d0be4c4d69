import { checkOptions, isBoolean, isOneOf, type OptionCheck } from '../options.js'

/** What a CSV file looks like. Every option has a default; unknown ones are refused. */
export interface CsvOptions {
  /**
   * The fields, in order. Writing: exactly these, other fields of a record are left out. Reading: the header must have them all; without
   * a header they are the names. Default when writing: the flow's record schema, else the fields of the first record; when reading: the
   * header.
   */
  readonly columns?: readonly string[]
  /** One ASCII character. Default `,`. */
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
}

/** {@link CsvOptions} with all defaults. */
export type CsvSettings = Required<Omit<CsvOptions, 'columns'>> & { readonly columns: readonly string[] | undefined }

const isCharacter: OptionCheck = value =>
  typeof value === 'string' && value.length === 1 && value.charCodeAt(0) < 0x80 && value !== '\n' && value !== '\r'
    ? undefined
    : 'is not one ASCII character other than a line end'

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
  const escapeChar = options.escape ?? quote
  checkOptions(
    'csv',
    options,
    {
      columns: areColumns,
      delimiter: isCharacter,
      quote: isCharacter,
      escape: isCharacter,
      lineEnd: isOneOf('\n', '\r\n'),
      header: isBoolean,
      bom: isBoolean,
      emptyText: isOneOf('empty', 'quoted'),
    },
    [
      delimiter === quote ? '"delimiter" and "quote" are the same' : undefined,
      delimiter === escapeChar && delimiter !== quote ? '"delimiter" and "escape" are the same' : undefined,
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
  })
}
