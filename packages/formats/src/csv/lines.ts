import type { CsvSettings } from './options.js'

/** A field's text as it stands in a line, quoted where it must be. `undefined` is null. */
export type FieldWriter = (text: string | undefined) => string

/** A column's writer remembers short texts up to this length: they come again and again, and long ones seldom do. */
const rememberedChars = 40

/**
 * How texts are written in lines of a dialect. A field is quoted where it holds a delimiter, a quote, a CR or LF, or begins with U+FEFF,
 * which at the start of a file would be a byte order mark; quotes, and the escape character where that is another, are escaped within.
 */
export function fieldWriter(
  { delimiter, quote, escape: escapeChar, emptyText, comment }: CsvSettings,
  columnCount: number,
): FieldWriter {
  // Of a long delimiter its first character says enough: a field that ends with that might make a delimiter with what follows.
  const asSet = [delimiter, quote].map(mark => asCode(mark.charCodeAt(0))).join('')
  const asComment =
    comment === undefined
      ? ''
      : `|^${comment
          .split('')
          .map(unit => asCode(unit.charCodeAt(0)))
          .join('')}`
  const mustQuote = new RegExp(`[${asSet}\\r\\n]|^\\ufeff${asComment}`)
  const escapes = escapeChar === quote ? [quote] : [escapeChar, quote]
  const quoted = (text: string) =>
    quote + escapes.reduce((escapedText, char) => escapedText.replaceAll(char, () => escapeChar + char), text) + quote
  // A blank line is no record to most readers, so a lone field is never nothing at all, unless that says that it is null.
  const nothing = columnCount === 1 && emptyText === 'empty' ? quote + quote : ''
  const empty = emptyText === 'quoted' ? quote + quote : nothing
  return text => {
    if (text === undefined) return nothing
    if (text === '') return empty
    return mustQuote.test(text) ? quoted(text) : text
  }
}

/** A UTF-16 code unit in a regular expression. */
const asCode = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`

/** The same for one column, where a text is often the one before. */
export function columnWriter(write: FieldWriter): FieldWriter {
  let last: string | undefined
  let written = ''
  return text => {
    if (text === last && text !== undefined) return written
    if (text === undefined || text.length > rememberedChars) return write(text)
    written = write(text)
    last = text
    return written
  }
}
