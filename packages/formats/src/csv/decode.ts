import type { Cursor, DecodeOptions, FormatInput, SourceBatch } from '@millrace/etl-core'
import { untilAborted } from '../abort.js'
import { blockBytes, defaultMaxRecordBytes, giveUpTimes, rawBytes } from '../blocks.js'
import { BlockMemories, type BlockMemory } from './block-memory.js'
import { CsvRows } from './csv-rows.js'
import { headerNames, namesWithoutHeader } from './header.js'
import { type BlockPlace, namesIn, positionIn, unreadable } from './odd.js'
import type { CsvSettings } from './options.js'
import { type CsvRecord, type RecordMaker, recordMaker } from './records.js'
import { type CsvScanner, csvScanner } from './scan.js'
import { endMask, type LineEnds, type Scanned } from './scanned.js'
import { sifted } from './sift.js'
import { CsvTable } from './table.js'

/** Where reading goes on: behind a record, with the names and the kind of line ends found so far. */
interface CsvCursor {
  readonly byte: number
  readonly line: number
  readonly header: readonly string[]
  readonly ends?: LineEnds
}

/** Reads a CSV file in batches of about 64 KiB. Batch borders depend on the bytes alone. */
export async function* decodeCsv(
  settings: CsvSettings,
  input: FormatInput,
  from: Cursor | undefined,
  options: DecodeOptions = {},
): AsyncGenerator<SourceBatch<CsvRecord>> {
  const cursor = from as CsvCursor | undefined
  const reading: Reading = { settings, options, names: cursor?.header ?? namesWithoutHeader(settings), make: undefined }
  const scanner = csvScanner(bytesOf(settings), limitsOf(options), cursor?.ends)
  const memories = new BlockMemories()
  let memory = memories.take()
  let buffer = memory.bytes
  let used = 0
  let at: BlockPlace = { place: input.place, byte: cursor?.byte ?? 0, line: cursor?.line ?? 1 }
  // A byte order mark can only stand at the start of a file.
  let begun = at.byte > 0
  scanner.expect(reading.names?.length ?? 0)
  scanner.begin(0)

  const append = (piece: Uint8Array) => {
    if (used + piece.length > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, used + piece.length))
      buffer.copy(larger, 0, 0, used)
      buffer = larger
    }
    buffer.set(piece, used)
    used += piece.length
  }
  const passByteOrderMark = () => {
    begun = true
    if (used >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) scanner.begin(3)
  }
  /** The batch of the block that was scanned, if it holds more than blank lines. */
  const taken = (): SourceBatch<CsvRecord> | undefined => {
    const scanned = scanner.taken(memory.ends)
    const { next, dropped, lineCount } = scanned
    const place = at
    at = { ...at, byte: at.byte + next + dropped, line: at.line + lineCount }
    const own: BlockMemory = { bytes: buffer, ends: scanned.ends.length > memory.ends.length ? scanned.ends : memory.ends }
    const bytes = buffer.subarray(0, next)
    memory = memories.take()
    buffer = memory.bytes
    if (used - next > buffer.length) buffer = Buffer.allocUnsafe(used - next)
    used = own.bytes.copy(buffer, 0, next, used)
    scanner.begin(0)
    const release = () => memories.giveBack(own)
    if (!reading.names) {
      release()
      return undefined
    }
    return batchOf(reading, reading.names, { bytes, scanned, place, end: at, lineEnds: scanner.lineEnds, release })
  }
  /** Whether a block is whole; until the header is found, it is what is looked for. */
  const whole = (last: boolean): boolean => {
    for (;;) {
      const full = scanner.scan(buffer, used, last)
      if (reading.names || !full) return full
      if (takeHeader(reading, scanner, buffer, at)) return true
    }
  }

  for await (const chunk of untilAborted(input.stream(at.byte), options.signal)) {
    for (let offset = 0; offset < chunk.length; offset += blockBytes) {
      append(chunk.subarray(offset, offset + blockBytes))
      if (!begun) {
        if (used < 3) continue
        passByteOrderMark()
      }
      while (whole(false)) {
        const batch = taken()
        if (batch) yield batch
      }
      used = scanner.dropExcess(buffer, used)
    }
  }
  if (!begun) passByteOrderMark()
  while (whole(true)) {
    const batch = taken()
    if (batch) yield batch
  }
  scanner.finish(buffer, used)
  if (!reading.names) takeHeader(reading, scanner, buffer, at)
  if (used > 0) {
    const batch = taken()
    if (batch && batch.bytes !== 0) yield batch
  }
}

interface Reading {
  readonly settings: CsvSettings
  readonly options: DecodeOptions
  names: readonly string[] | undefined
  make: RecordMaker | undefined
}

const bytesOf = ({ delimiter, quote, escape: escapeChar }: CsvSettings) => ({
  delimiter: delimiter.charCodeAt(0),
  quote: quote.charCodeAt(0),
  escape: escapeChar.charCodeAt(0),
})

function limitsOf({ maxRecordBytes = defaultMaxRecordBytes }: DecodeOptions) {
  // No text can be longer than half of what an end can be, in V8.
  const most = Math.min(maxRecordBytes, endMask >> 1)
  return { blockBytes, maxRecordBytes: most, keepBytes: Math.min(rawBytes, most), giveUpBytes: giveUpTimes * maxRecordBytes }
}

/** Takes the names off the header that was scanned, if there is one. True if the block ends with it. */
function takeHeader(reading: Reading, scanner: CsvScanner, bytes: Buffer, at: BlockPlace): boolean {
  const header = scanner.takeHeader()
  if (!header) return true
  const { settings, options } = reading
  const line = at.line + header.line
  reading.names = headerNames(namesIn(header, bytes, at, settings, options), settings, at.place, line)
  scanner.expect(reading.names.length)
  return scanner.start >= blockBytes
}

interface Block {
  readonly bytes: Buffer
  readonly scanned: Scanned
  readonly place: BlockPlace
  readonly end: BlockPlace
  readonly lineEnds: LineEnds | undefined
  /** Its memory may be used again. */
  release(): void
}

function batchOf(reading: Reading, names: readonly string[], { bytes, scanned, place, end, lineEnds, release }: Block) {
  const { settings, options } = reading
  reading.make ??= recordMaker(names, settings)
  const good = sifted(scanned, bytes, names.length, settings)
  const cursor: CsvCursor = { byte: end.byte, line: end.line, header: names, ...(lineEnds ? { ends: lineEnds } : {}) }
  const table = new CsvTable(names, bytes, good, settings)
  const batch: SourceBatch<CsvRecord> = {
    records: new CsvRows(table, reading.make, release),
    cursor: cursor as unknown as Cursor,
    bytes: end.byte - place.byte,
    positionOf: row => positionIn(place, { start: good.starts[row] as number, line: good.lines[row] as number }),
    ...(good.odd.length === 0 ? {} : { unreadable: good.odd.map(record => unreadable(record, bytes, place, names, options)) }),
  }
  return batch
}
