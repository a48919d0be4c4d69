import type { RecordScanner } from '../blocks.js'

/** The bytes a CSV dialect is made of. */
export interface DialectBytes {
  readonly delimiter: number
  readonly quote: number
  readonly escape: number
}

/** How the lines of a file end: `lf` is LF or CRLF, `cr` any of LF, CRLF and a lone CR. */
export type LineEnds = 'lf' | 'cr'

/** Why a record is not CSV, and in which of its fields (from 0). */
export interface CsvFault {
  readonly kind: 'strayQuote' | 'textAfterQuote' | 'unterminatedQuote'
  readonly field: number
}

/** What the scanner tells of a record. */
export interface CsvNote {
  readonly fields: number
  readonly fault: CsvFault | undefined
}

export interface CsvScanner extends RecordScanner<CsvNote> {
  /** Decided by the first line end; `undefined` before it. */
  readonly ends: LineEnds | undefined
}

const lf = 10
const cr = 13

const fieldStart = 0
const plain = 1
const quoted = 2
/** Behind an escape character that is not the quote itself. */
const escaped = 3
/** Behind a quote in a quoted field: the field's end, or the first half of a doubled quote. */
const quoteSeen = 4

/**
 * Finds the borders of CSV records as RFC 4180 draws them: a line end outside quotes. A quote opens only at the start of a field;
 * elsewhere it is a fault, and the record ends at the next line end, so reading goes on behind it.
 */
export function csvScanner({ delimiter, quote, escape: escapeByte }: DialectBytes, known?: LineEnds): CsvScanner {
  let ends = known
  let state = fieldStart
  let pendingCr = false
  let field = 0
  let lineCount = 0
  let fault: CsvFault | undefined
  const found = { terminator: 0, lines: 0, note: { fields: 1, fault: undefined } as CsvNote }

  const blame = (kind: CsvFault['kind']) => {
    fault ??= { kind, field }
    state = plain
  }
  const done = (terminator: number) => {
    found.terminator = terminator
    found.lines = lineCount + 1
    found.note = { fields: field + 1, fault }
    state = fieldStart
    pendingCr = false
    field = 0
    lineCount = 0
    fault = undefined
  }
  /** A carriage return that ends no line is part of the field. */
  const keepCr = () => {
    if (state === quoteSeen) blame('textAfterQuote')
    state = plain
  }
  const step = (byte: number) => {
    if (state === quoted) {
      if (byte === escapeByte && escapeByte !== quote) state = escaped
      else if (byte === quote) state = quoteSeen
      else if (byte === (ends === 'cr' ? cr : lf)) lineCount++
    } else if (state === escaped) {
      state = quoted
    } else if (byte === delimiter) {
      field++
      state = fieldStart
    } else if (byte === quote) {
      if (state === fieldStart) state = quoted
      else if (state === quoteSeen && escapeByte === quote) state = quoted
      else blame(state === quoteSeen ? 'textAfterQuote' : 'strayQuote')
    } else if (state === quoteSeen) blame('textAfterQuote')
    else state = plain
  }

  return {
    get ends() {
      return ends
    },
    get terminator() {
      return found.terminator
    },
    get lines() {
      return found.lines
    },
    get note() {
      return found.note
    },
    next(bytes, from, to) {
      for (let index = from; index < to; index++) {
        const byte = bytes[index] as number
        if (pendingCr) {
          pendingCr = false
          if (byte === lf) {
            ends ??= 'lf'
            done(2)
            return index + 1
          }
          if (ends !== 'lf') {
            ends = 'cr'
            done(1)
            return index
          }
          keepCr()
        }
        if (state === quoted || state === escaped || (byte !== lf && byte !== cr)) step(byte)
        else if (byte === cr) pendingCr = true
        else {
          ends ??= 'lf'
          done(1)
          return index + 1
        }
      }
      return -1
    },
    finish(openBytes) {
      if (openBytes === 0) return 'none'
      if (state === quoted || state === escaped) {
        fault ??= { kind: 'unterminatedQuote', field }
      }
      done(pendingCr ? 1 : 0)
      return 'record'
    },
  }
}
