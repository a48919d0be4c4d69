import {
  type CsvFault,
  type DialectBytes,
  hasEscapes,
  inQuotes,
  isWide,
  type LineEnds,
  type OddRecord,
  type Scanned,
} from './scanned.js'

/** How large blocks and records may be, in bytes. */
export interface ScanLimits {
  /** A block ends with the first record that reaches this. */
  readonly blockBytes: number
  readonly maxRecordBytes: number
  /** What stays of a record that is too long. */
  readonly keepBytes: number
  /** A quote that is still open so far behind its record's start is taken for one that is never closed. */
  readonly giveUpBytes: number
}

export interface CsvScanner {
  /** Decided by the first line end; `undefined` before it. */
  readonly lineEnds: LineEnds | undefined
  /** Where the open record begins. */
  readonly start: number
  /** Begins a block whose first record starts at `start`; no record is open. */
  begin(start: number): void
  /** From here on a good record has so many fields. 0: none is good, and scanning stops behind the first that is not blank. */
  expect(columns: number): void
  /**
   * Looks on in `bytes`, up to `to`. True: the block is whole, what is behind it is left for the next. False: all was looked at; with
   * `last` nothing more will come.
   */
  scan(bytes: Uint8Array, to: number, last: boolean): boolean
  /** The input is over at `to`: what is open is a record, if it is anything. */
  finish(bytes: Uint8Array, to: number): void
  /** Lets go of what no one needs of a record that is too long. Gives the bytes that are used now. */
  dropExcess(bytes: Uint8Array, used: number): number
  /** The header that scanning stopped behind. It does not count for the block. */
  takeHeader(): OddRecord | undefined
  /** What was found. The ends of fields go into `ends` where they fit. */
  taken(ends: Int32Array): Scanned
}

const cr = 13
const lf = 10

const plain = 0
const quoted = 1
/** Behind an escape character that is not the quote itself. */
const escaped = 2
/** Behind a quote in a quoted field: the field's end, or the first half of a doubled quote. */
const quoteSeen = 3

/**
 * Finds the borders of CSV records and their fields as RFC 4180 draws them: a record ends at a line end outside quotes. A quote opens only
 * at the start of a field; elsewhere it is a fault, and reading goes on behind the next line end. What was scanned once is not looked at
 * again when more bytes arrive.
 */
export function csvScanner(dialect: DialectBytes, limits: ScanLimits, known?: LineEnds): CsvScanner {
  const { delimiter, quote, escape: escapeByte } = dialect
  const { blockBytes, maxRecordBytes, keepBytes, giveUpBytes } = limits
  const doubles = escapeByte === quote
  let lineEnds = known
  // 1 for the bytes that mean something, outside and inside quotes; the loops below run over all others.
  const outside = new Uint8Array(256)
  const inside = new Uint8Array(256)
  let columns = 0
  let ends = new Int32Array(0)
  const starts = new Int32Array(blockBytes + 1)
  const lines = new Int32Array(blockBytes + 1)
  let odd: OddRecord[] = []
  let count = 0
  let wide = false
  let lineCount = 0
  // Of the open record:
  let start = 0
  let at = 0
  let mode = plain
  let field = 0
  let fieldStart = 0
  let flags = 0
  let innerLines = 0
  let fault: CsvFault | undefined
  let dropped = 0
  /** Where in the record the quote stands that was opened last. */
  let openedAt = 0

  const drawTables = () => {
    for (const table of [outside, inside]) table.fill(0).fill(1, 128)
    for (const byte of [delimiter, quote, lf]) outside[byte] = 1
    outside[cr] = 1
    for (const byte of [quote, escapeByte, lineEnds === 'cr' ? cr : lf]) inside[byte] = 1
  }
  const decideEnds = (found: LineEnds) => {
    if (lineEnds === found) return
    lineEnds = found
    drawTables()
  }
  const blame = (kind: CsvFault['kind']) => {
    fault ??= { kind, field }
  }
  /** Whether a quote that is open at `here` counts as never closed. It depends on the bytes alone, not on how they arrive. */
  const isEndless = (here: number) => here - start + dropped > giveUpBytes && openedAt <= giveUpBytes
  /** Ends the record, and all reading, at `here`. */
  const giveUp = (here: number): true => {
    fault = { kind: 'unterminatedQuote', field }
    mode = plain
    close(here, here)
    at = here
    return true
  }
  /** Every field takes a byte, its border; the last record may be whole only behind the block's end. */
  const makeRoom = () => {
    if (ends.length < blockBytes + columns + 1) {
      const larger = new Int32Array(blockBytes + columns + 1)
      larger.set(ends)
      ends = larger
    }
  }
  /** Ends the open record at `end`; the next begins at `next`. True if the block ends with it. */
  const close = (end: number, next: number): boolean => {
    const tooLong = end - start + dropped > maxRecordBytes
    const blank = end === start && columns !== 1 && !tooLong
    if (field + 1 === columns && fault === undefined && !tooLong && !blank) {
      ends[count * columns + field] = end | flags
      starts[count] = start
      lines[count] = lineCount
      count++
    } else if (!blank) {
      const kept = tooLong ? Math.min(end, start + keepBytes) : end
      odd.push({ start, end: kept, line: lineCount, fields: field + 1, fault, tooLong })
    }
    lineCount += innerLines + 1
    innerLines = 0
    fault = undefined
    start = next
    field = 0
    flags = 0
    fieldStart = next
    return next >= blockBytes || tooLong || (columns === 0 && !blank)
  }
  drawTables()

  return {
    get lineEnds() {
      return lineEnds
    },
    get start() {
      return start
    },
    begin(from) {
      start = from
      at = from
      fieldStart = from
      count = 0
      odd = []
      wide = false
      lineCount = 0
      dropped = 0
      makeRoom()
    },
    expect(fields) {
      columns = fields
      makeRoom()
    },
    scan(bytes, to, last) {
      // What the loops touch at every byte is kept at hand.
      let here = at
      while (here < to) {
        if (mode === plain) {
          while (here < to && outside[bytes[here] as number] === 0) here++
          if (here >= to) break
          const byte = bytes[here] as number
          if (byte === delimiter) {
            if (field < columns) ends[count * columns + field] = here | flags
            field++
            flags = 0
            here++
            fieldStart = here
          } else if (byte > 127) {
            flags |= isWide
            wide = true
            here++
            while (here < to && (bytes[here] as number) > 127) here++
          } else if (byte === quote) {
            if (here !== fieldStart) blame('strayQuote')
            else {
              mode = quoted
              flags |= inQuotes
              openedAt = here - start + dropped
            }
            here++
          } else if (byte === cr && lineEnds === 'lf') {
            // Taken off the line at the LF behind it; any other is text.
            if (here + 1 >= to && !last) break
            if (bytes[here + 1] !== lf || here + 1 >= to) flags |= hasEscapes
            here++
          } else {
            let end = here
            if (byte === lf) {
              decideEnds(lineEnds ?? 'lf')
              if (here > fieldStart && bytes[here - 1] === cr) end--
              here++
            } else if (here + 1 < to) {
              const both = bytes[here + 1] === lf
              decideEnds(both ? (lineEnds ?? 'lf') : 'cr')
              here += both ? 2 : 1
            } else if (last) here++
            else break
            if (close(end, here)) {
              at = here
              return true
            }
          }
        } else if (mode === quoted) {
          while (here < to && inside[bytes[here] as number] === 0) here++
          if (here >= to) break
          const byte = bytes[here] as number
          if (byte === quote) {
            if (isEndless(here)) return giveUp(here)
            mode = quoteSeen
          } else if (byte === escapeByte) {
            mode = escaped
            flags |= hasEscapes
          } else if (byte > 127) {
            flags |= isWide
            wide = true
          } else innerLines++
          here++
        } else if (mode === escaped) {
          // Whatever it is, it is text; looked at again where it may be the beginning of a character, or ends a line.
          const byte = bytes[here] as number
          if (byte === quote || byte === escapeByte || inside[byte] === 0) here++
          mode = quoted
        } else {
          const byte = bytes[here] as number
          if (byte === quote && doubles) {
            flags |= hasEscapes
            mode = quoted
            here++
            continue
          }
          // Where lines end in LF, a CR is only a part of the line end.
          if (byte === cr && lineEnds === 'lf') {
            if (here + 1 >= to && !last) break
            if (here + 1 < to && bytes[here + 1] !== lf) blame('textAfterQuote')
          } else if (byte !== delimiter && byte !== lf && byte !== cr) blame('textAfterQuote')
          mode = plain
        }
      }
      at = here
      return mode === quoted && isEndless(here) ? giveUp(here) : false
    },
    finish(bytes, to) {
      if (to === start && dropped === 0) return
      const open = mode === quoted || mode === escaped
      if (open) blame('unterminatedQuote')
      mode = plain
      const loneCr = !open && to > fieldStart && bytes[to - 1] === cr
      close(loneCr ? to - 1 : to, to)
    },
    dropExcess(bytes, used) {
      // Two of them may be its line end.
      if (used - start + dropped <= maxRecordBytes + 2) return used
      // What was not decided on yet stays, and the byte before it: whether it is a CR says where the record ends.
      const seen = at > start ? at - 1 : at
      const end = Math.min(used, start + keepBytes + used - seen)
      const next = end - used + at
      bytes.copyWithin(end - used + seen, seen, used)
      fieldStart = fieldStart === at ? next : Math.min(fieldStart, next - 1)
      dropped += used - end
      at = next
      return end
    },
    takeHeader: () => odd.pop(),
    taken: into => ({
      count,
      ends: copied(ends, count * columns, into),
      starts: starts.slice(0, count),
      lines: lines.slice(0, count),
      odd,
      wide,
      next: start,
      lineCount,
      dropped,
    }),
  }
}

function copied(from: Int32Array, count: number, into: Int32Array): Int32Array {
  if (into.length < count) return from.slice(0, count)
  into.set(from.subarray(0, count))
  return into.subarray(0, count)
}
