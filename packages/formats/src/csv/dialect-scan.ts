import type { RecordScanner } from '../blocks.js'
import type { CsvFault, LineEnds } from './scanned.js'

/** A CSV dialect of more than single bytes, in UTF-8. */
export interface Dialect {
  readonly delimiter: Buffer
  readonly quote: number
  readonly escape: number
  /** What a line of comment begins with. Shares no character with the others. */
  readonly comment: Buffer | undefined
  /** Quotes where none belong are text. */
  readonly relaxQuotes: boolean
}

/** What the scanner tells of a record. */
export interface DialectNote {
  readonly fields: number
  readonly fault: CsvFault | undefined
  /** It is no record but a comment. */
  readonly comment: boolean
}

export interface DialectScanner extends RecordScanner<DialectNote> {
  /** Decided by the first line end; `undefined` before it. */
  readonly lineEnds: LineEnds | undefined
}

const cr = 13
const lf = 10

type Mode = 'plain' | 'quoted' | 'escaped' | 'quoteSeen' | 'comment'

/**
 * Finds where records end in dialects that the scanner of single bytes does not know. Draws the same borders as that one and as csv-parse:
 * a record ends at a line end outside quotes, and behind a misplaced quote at the next line end outside quotes.
 *
 * @param giveUpBytes - A quote that is still open so far behind its record's start is taken for one that is never closed.
 */
export function dialectScanner(dialect: Dialect, giveUpBytes: number, known?: LineEnds): DialectScanner {
  const { delimiter, quote, escape: escapeByte, comment, relaxQuotes } = dialect
  const progress = progressIn(delimiter)
  const doubles = escapeByte === quote
  let lineEnds = known
  // Of the open record:
  let mode: Mode = 'plain'
  let size = 0
  let field = 0
  let fieldBytes = 0
  /** Bytes of the delimiter that stand here so far. */
  let matched = 0
  /** Bytes of the comment's mark that the record began with; -1 once it is none. */
  let marked = 0
  let openedAt = 0
  let lines = 0
  let fault: CsvFault | undefined
  /** A CR that ends the record, perhaps together with an LF. */
  let endsAtCr = false
  /** The byte before was a CR outside quotes. */
  let behindCr = false
  const found = { terminator: 1, lines: 1, note: { fields: 1, fault, comment: false } as DialectNote }

  const blame = (kind: CsvFault['kind']) => {
    if (!relaxQuotes) fault ??= { kind, field }
  }
  const neverClosed = () => {
    fault = { kind: 'unterminatedQuote', field }
  }
  const close = (terminator: number) => {
    found.terminator = terminator
    found.lines = lines + (terminator > 0 ? 1 : 0)
    found.note = { fields: field + 1, fault, comment: mode === 'comment' }
    mode = 'plain'
    size = field = fieldBytes = matched = marked = lines = 0
    fault = undefined
    endsAtCr = behindCr = false
  }
  /** The byte is part of a field's text, or of a delimiter. */
  const take = (byte: number) => {
    matched = progress(matched, byte)
    fieldBytes++
    if (matched < delimiter.length) return
    field++
    fieldBytes = matched = 0
    mode = 'plain'
  }
  const plain = (byte: number) => {
    if (comment && marked >= 0) {
      marked = byte === comment[marked] ? marked + 1 : -1
      if (marked === comment.length) {
        mode = 'comment'
        return
      }
    }
    if (byte !== quote) take(byte)
    else if (fieldBytes > 0) {
      blame('strayQuote')
      take(byte)
    } else {
      mode = 'quoted'
      openedAt = size
    }
  }
  const closed = (next: number): number => {
    close(0)
    return next
  }
  const isEndless = () => size > giveUpBytes && openedAt <= giveUpBytes
  const inQuotes = (byte: number) => {
    if (mode === 'quoted' && byte === quote) {
      mode = 'quoteSeen'
      if (isEndless()) neverClosed()
    } else if (mode === 'quoted' && byte === escapeByte) mode = 'escaped'
    else {
      mode = 'quoted'
      if (byte === (lineEnds === 'cr' ? cr : lf)) lines++
    }
  }
  /** What stood behind a closing quote was no delimiter, and is no line end either: the field is text, its quotes too. */
  const quoteWasText = () => {
    blame('textAfterQuote')
    mode = 'plain'
    fieldBytes++
  }
  const behindQuote = (byte: number) => {
    if (byte === quote && doubles && matched === 0) mode = 'quoted'
    else {
      if (byte !== delimiter[matched]) quoteWasText()
      take(byte)
    }
  }

  return {
    get terminator() {
      return found.terminator
    },
    get lines() {
      return found.lines
    },
    get note() {
      return found.note
    },
    get lineEnds() {
      return lineEnds
    },
    next(bytes, from, to) {
      for (let index = from; index < to; index++) {
        const byte = bytes[index] as number
        if (endsAtCr) {
          lineEnds ??= byte === lf ? 'lf' : 'cr'
          close(byte === lf ? 2 : 1)
          return byte === lf ? index + 1 : index
        }
        if (mode === 'quoted' || mode === 'escaped') inQuotes(byte)
        else {
          // Half a delimiter behind a quote, or a CR that no LF follows.
          const endsLine = byte === lf || byte === cr
          if (mode === 'quoteSeen' && (matched > 0 ? endsLine : behindCr && byte !== lf)) quoteWasText()
          if (byte === lf) {
            lineEnds ??= 'lf'
            close(behindCr ? 2 : 1)
            return index + 1
          }
          // Where lines end in LF, a CR before it is taken off there, and any other is text.
          endsAtCr = byte === cr && lineEnds !== 'lf'
          if (mode === 'plain' && !endsAtCr) plain(byte)
          else if (mode === 'quoteSeen' && !endsLine) behindQuote(byte)
          behindCr = byte === cr
        }
        size++
        if (fault?.kind === 'unterminatedQuote') return closed(index + 1)
      }
      if (mode !== 'quoted' || !isEndless()) return -1
      neverClosed()
      return closed(to)
    },
    finish(openBytes) {
      if (openBytes === 0) return 'none'
      if (mode === 'quoteSeen' && matched > 0) quoteWasText()
      if (mode === 'quoted' || mode === 'escaped') fault ??= { kind: 'unterminatedQuote', field }
      close(behindCr ? 1 : 0)
      return 'record'
    },
  }
}

/** How much of the mark stands at the end of some bytes, when one more comes: the longest piece of its beginning (Knuth, Morris, Pratt). */
function progressIn(mark: Uint8Array): (matched: number, byte: number) => number {
  const shorter: number[] = [0]
  const next = (matched: number, byte: number): number => {
    let length = matched
    while (length > 0 && mark[length] !== byte) length = shorter[length - 1] as number
    return mark[length] === byte ? length + 1 : 0
  }
  for (let index = 1; index < mark.length; index++) shorter[index] = next(shorter[index - 1] as number, mark[index] as number)
  return next
}
