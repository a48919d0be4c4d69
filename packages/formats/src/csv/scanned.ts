/** The bytes a CSV dialect is made of. */
export interface DialectBytes {
  readonly delimiter: number
  readonly quote: number
  readonly escape: number
}

/** How the lines of a file end: `lf` is LF or CRLF, `cr` any of LF, CRLF and a lone CR. */
export type LineEnds = 'lf' | 'cr'

/** Why a record cannot be read, and in which of its fields (from 0). */
export interface CsvFault {
  readonly kind: 'strayQuote' | 'textAfterQuote' | 'unterminatedQuote' | 'notUtf8' | 'longField'
  readonly field: number
}

/** A record that is not one of the good ones, or a header. Indexes are into the block's bytes. */
export interface OddRecord {
  readonly start: number
  /** Without the terminator, and without what was let go of a record that is too long. */
  readonly end: number
  /** Lines between the block's first one and the record's. */
  readonly line: number
  readonly fields: number
  readonly fault: CsvFault | undefined
  readonly tooLong: boolean
}

/**
 * Where a field ends, in the low bits, and what it takes to read it, in the others: all in 31 bits, which are quick to work with. A field
 * begins behind the delimiter or line end before it.
 */
export const endBits = 28
export const endMask = (1 << endBits) - 1
/** It stands in quotes. */
export const inQuotes = 1 << endBits
/** Within its quotes something is escaped; without quotes: there is a CR in it. */
export const hasEscapes = 1 << (endBits + 1)
/** It is not ASCII. */
export const isWide = 1 << (endBits + 2)

/** What was found in the bytes since the block began. Arrays are the caller's to keep. */
export interface Scanned {
  /** Good records. */
  readonly count: number
  /** For each field of each good record in turn: its end and flags. */
  readonly ends: Int32Array
  /** For each good record: where it begins. */
  readonly starts: Int32Array
  /** For each good record: lines before it in the block. */
  readonly lines: Int32Array
  readonly odd: readonly OddRecord[]
  /** Whether there is a byte above 127. */
  readonly wide: boolean
  /** Behind the last whole record. */
  readonly next: number
  /** Lines up to there. */
  readonly lineCount: number
  /** Input bytes of the last record that were let go. */
  readonly dropped: number
}
