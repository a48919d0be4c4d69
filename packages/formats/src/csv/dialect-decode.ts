import type { Cursor, DecodeOptions, FormatInput, SourceBatch, Unreadable } from '@millrace/etl-core'
import type { Options } from 'csv-parse/sync'
import { type Block, cutBlocks, defaultMaxRecordBytes, giveUpTimes, type Slice } from '../blocks.js'
import { malformed } from '../errors.js'
import { type DialectNote, dialectScanner } from './dialect-scan.js'
import { headerNames, namesWithoutHeader } from './header.js'
import { headerLine, unreadable } from './odd.js'
import type { CsvSettings } from './options.js'
import type { CsvRecord, Field } from './records.js'
import type { LineEnds, OddRecord } from './scanned.js'
import { faultIn } from './sift.js'

type Row = readonly Field[]
/** Reads whole records of a dialect, each with a line feed behind it. */
type ReadRows = (records: Buffer, as?: Options) => Row[]
type RecordSlice = Slice<DialectNote>

interface DialectCursor {
  readonly byte: number
  readonly line: number
  readonly header: readonly string[]
  readonly ends?: LineEnds
}

/**
 * Reads the dialects that the reader of single bytes does not know: where records end is found here, and csv-parse, which is loaded for
 * this only, reads the fields in them. Batches, cursors, positions and limits are those of the other reader; some 15 times slower.
 */
export async function* decodeDialect(
  settings: CsvSettings,
  input: FormatInput,
  from: Cursor | undefined,
  options: DecodeOptions = {},
): AsyncGenerator<SourceBatch<CsvRecord>> {
  const cursor = from as DialectCursor | undefined
  const reading: Reading = { settings, options, read: await rowReader(settings), place: input.place }
  const { maxRecordBytes = defaultMaxRecordBytes } = options
  const scanner = dialectScanner(dialectOf(settings), giveUpTimes * maxRecordBytes, cursor?.ends)
  let names = cursor?.header ?? namesWithoutHeader(settings)
  for await (const block of cutBlocks(input, cursor ?? { byte: 0, line: 1 }, scanner, options)) {
    const records = block.slices.filter(slice => !slice.note.comment)
    names ??= takeHeader(records, block, reading)
    if (!names) continue
    const next: DialectCursor = {
      byte: block.endByte,
      line: block.endLine,
      header: names,
      ...(scanner.lineEnds ? { ends: scanner.lineEnds } : {}),
    }
    yield { ...batchOf(records, block, names, reading), cursor: next as unknown as Cursor }
  }
}

const dialectOf = ({ delimiter, quote, escape: escapeChar, comment, relaxQuotes }: CsvSettings) => ({
  delimiter: Buffer.from(delimiter),
  quote: quote.charCodeAt(0),
  escape: escapeChar.charCodeAt(0),
  comment: comment === undefined ? undefined : Buffer.from(comment),
  relaxQuotes,
})

async function rowReader({ delimiter, quote, escape: escapeChar, relaxQuotes, emptyText }: CsvSettings): Promise<ReadRows> {
  const { parse } = await import('csv-parse/sync')
  const emptyIsNull = (value: string, { quoting }: { readonly quoting: boolean }) => (value === '' && !quoting ? null : value)
  const dialect: Options = {
    // As bytes: csv-parse would put texts into the encoding that it reads.
    delimiter: Buffer.from(delimiter),
    quote,
    escape: escapeChar,
    relax_quotes: relaxQuotes,
    record_delimiter: '\n',
    relax_column_count: true,
    ...(emptyText === 'quoted' ? { cast: emptyIsNull } : {}),
  }
  return (records, as) => parse(records, { ...dialect, ...as }) as unknown as Row[]
}

interface Reading {
  readonly settings: CsvSettings
  readonly options: DecodeOptions
  readonly read: ReadRows
  readonly place: string
}

/** Takes the names off the first record that is no blank line, and that record off the list. */
function takeHeader(records: RecordSlice[], block: Block<DialectNote>, { settings, options, read, place }: Reading) {
  const index = records.findIndex(({ start, end }) => end > start)
  const header = records[index]
  if (!header) return undefined
  records.splice(0, index + 1)
  const line = headerLine(oddOf(header), block.bytes, placeOf(header, place), settings, options)
  const [names = []] = read(line)
  return headerNames(names.map(String), settings, place, header.line)
}

/** As the other reader tells of records: by the place of a block, and from there. */
const placeOf = ({ byte, start }: RecordSlice, place: string) => ({ place, byte: byte - start, line: 1 })
const oddOf = ({ start, end, line, tooLong, note }: RecordSlice, fault = note.fault) =>
  ({ start, end, line: line - 1, tooLong, fields: note.fields, fault }) satisfies OddRecord

function batchOf(slices: readonly RecordSlice[], block: Block<DialectNote>, names: readonly string[], reading: Reading) {
  const { settings, options, read, place } = reading
  const good: RecordSlice[] = []
  const bad: Unreadable[] = []
  for (const slice of slices) {
    // A blank line is a record only where it is an empty field.
    if (slice.end === slice.start && names.length > 1) continue
    const bytes = block.bytes.subarray(slice.start, slice.end)
    const isWell = slice.note.fault === undefined && slice.note.fields === names.length && !slice.tooLong
    const fault = isWell ? faultIn(bytes, settings, () => fieldsOf(bytes, read)) : undefined
    if (isWell && !fault) good.push(slice)
    else bad.push(unreadable(oddOf(slice, fault), block.bytes, placeOf(slice, place), names, options))
  }
  return {
    records: recordsOf(good, block.bytes, names, reading),
    bytes: block.size,
    positionOf: (row: number) => {
      const { line, byte } = good[row] as RecordSlice
      return { line, byte }
    },
    ...(bad.length === 0 ? {} : { unreadable: bad }),
  }
}

const lineFeed = Buffer.from('\n')

function recordsOf(good: readonly RecordSlice[], bytes: Buffer, names: readonly string[], { read, place }: Reading): CsvRecord[] {
  const rows = read(Buffer.concat(good.flatMap(({ start, end }) => [bytes.subarray(start, end), lineFeed])))
  const other = rows.length === good.length ? rows.findIndex(row => row.length !== names.length) : 0
  // Never seen; but a record in another's place would be worse than none.
  if (other >= 0 && good.length > 0)
    throw malformed(place, 'csv-parse finds other records here.', { byte: good[other]?.byte ?? 0 })
  return rows.map(row => Object.fromEntries(names.map((name, index) => [name, row[index] as Field])))
}

/** The fields of a record as bytes. */
const fieldsOf = (record: Buffer, read: ReadRows) => (read(record, { encoding: 'latin1' })[0] ?? []).map(asBytes)
const asBytes = (field: Field) => Buffer.from(field ?? '', 'latin1')
