import { isUtf8 } from 'node:buffer'
import {
  ConfigError,
  type Cursor,
  type DecodeOptions,
  type FormatInput,
  type Json,
  type RecordError,
  type SourceBatch,
  type Unreadable,
} from '@millrace/etl-core'
import { type Block, cutBlocks, type Slice } from '../blocks.js'
import { malformed, notUtf8, tooLong, unparsable } from '../errors.js'
import { rawText } from '../text.js'
import { headerNames, recordMaker } from './header.js'
import { type Field, parseRowBytes, parseRows } from './library.js'
import type { CsvSettings } from './options.js'
import { type CsvFault, type CsvNote, csvScanner, type LineEnds } from './scan.js'

/** Where reading goes on: behind a record, with the names and the kind of line ends found so far. */
interface CsvCursor {
  readonly byte: number
  readonly line: number
  readonly header: readonly string[]
  readonly ends?: LineEnds
}

/** A record: texts by name, and nulls where `emptyText` is `quoted`. */
export type CsvRecord = Record<string, Field>

/** Reads a CSV file in batches of about 64 KiB. Batch borders depend on the bytes alone. */
export async function* decodeCsv(
  settings: CsvSettings,
  input: FormatInput,
  from: Cursor | undefined,
  options: DecodeOptions = {},
): AsyncGenerator<SourceBatch<CsvRecord>> {
  const at = from as CsvCursor | undefined
  let names = at?.header ?? namesWithoutHeader(settings)
  const scanner = csvScanner(
    {
      delimiter: settings.delimiter.charCodeAt(0),
      quote: settings.quote.charCodeAt(0),
      escape: settings.escape.charCodeAt(0),
    },
    at?.ends,
  )
  for await (const block of cutBlocks(input, at ?? { byte: 0, line: 1 }, scanner, options)) {
    let { slices } = block
    if (!names) {
      const first = slices.findIndex(slice => slice.end > slice.start)
      if (first < 0) continue
      names = readHeader(block.bytes, slices[first] as Slice<CsvNote>, settings, input.place, scanner.ends)
      slices = slices.slice(first + 1)
    }
    yield batchOf({ block, slices, names, settings, ends: scanner.ends, place: input.place, options })
  }
}

function namesWithoutHeader(settings: CsvSettings): readonly string[] | undefined {
  if (settings.header) return undefined
  if (settings.columns) return settings.columns
  throw new ConfigError('ETL_CONFIG_INVALID', 'csv({ header: false }) cannot read: a file without a header needs "columns".')
}

function readHeader(
  bytes: Buffer,
  slice: Slice<CsvNote>,
  settings: CsvSettings,
  place: string,
  ends: LineEnds | undefined,
): readonly string[] {
  const problem = problemOf(slice, bytes, undefined)
  if (problem) throw malformed(place, `the header cannot be read. ${problem.message}`, { line: slice.line, cause: problem })
  const [names = []] = parseRows(bytes.subarray(slice.start, slice.end), { ...settings, emptyText: 'empty' }, ends, false)
  return headerNames(names as string[], settings, place, slice.line)
}

interface Batching {
  readonly block: Block<CsvNote>
  readonly slices: readonly Slice<CsvNote>[]
  readonly names: readonly string[]
  readonly settings: CsvSettings
  readonly ends: LineEnds | undefined
  readonly place: string
  readonly options: DecodeOptions
}

function batchOf({ block, slices, names, settings, ends, place, options }: Batching): SourceBatch<CsvRecord> {
  const { bytes } = block
  const make = recordMaker<Field>(names)
  const validText = isUtf8(bytes)
  const skipBlank = names.length > 1
  const records: CsvRecord[] = []
  const places: Slice<CsvNote>[] = []
  const unreadable: Unreadable[] = []
  let run: Slice<CsvNote>[] = []

  const endRun = () => {
    if (run.length === 0) return
    for (const fields of parseRows(runBytes(bytes, run, ends), settings, ends, skipBlank)) records.push(make(fields))
    places.push(...run)
    run = []
  }
  const bad = (slice: Slice<CsvNote>, error: RecordError, column: string | number | undefined = error.path[0]) => {
    endRun()
    unreadable.push({ raw: rawText(bytes, slice), position: positionOf(slice, column), error })
  }

  for (const slice of slices) {
    if (skipBlank && slice.end === slice.start && !slice.tooLong) continue
    const problem = problemOf(slice, bytes, { names, options, place })
    if (problem) bad(slice, problem, problem.path[0] ?? columnPast(slice, names))
    else if (!validText && !isUtf8(bytes.subarray(slice.start, slice.end)))
      bad(slice, brokenText(bytes, slice, names, settings, ends))
    else run.push(slice)
  }
  endRun()
  const cursor: CsvCursor = { byte: block.endByte, line: block.endLine, header: names, ...(ends ? { ends } : {}) }
  return {
    records,
    cursor: cursor as unknown as Cursor,
    bytes: block.size,
    positionOf: row => positionOf(places[row] as Slice<CsvNote>),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  }
}

/** The bytes of neighbouring good records. A CR that ends a file whose lines end in LF is nobody's text. */
function runBytes(bytes: Buffer, run: readonly Slice<CsvNote>[], ends: LineEnds | undefined): Buffer {
  const { start } = run[0] as Slice<CsvNote>
  const { end, next } = run.at(-1) as Slice<CsvNote>
  const loneCr = ends !== 'cr' && next > end && bytes[next - 1] === 13
  return loneCr ? Buffer.concat([bytes.subarray(start, end), Buffer.from('\n')]) : bytes.subarray(start, next)
}

const faultTexts: Readonly<Record<CsvFault['kind'], string>> = {
  strayQuote: 'A quote stands within a field that does not begin with one.',
  textAfterQuote: 'Text follows the closing quote of a field.',
  unterminatedQuote: 'A quote is opened and never closed.',
}

/** Why a record cannot be read, its encoding apart. Without `known` it is the header. */
function problemOf(
  slice: Slice<CsvNote>,
  bytes: Buffer,
  known: { readonly names: readonly string[]; readonly options: DecodeOptions; readonly place: string } | undefined,
): RecordError | undefined {
  const { fault, fields } = slice.note
  if (slice.tooLong && fault?.kind === 'unterminatedQuote' && known) {
    throw malformed(known.place, 'a quote opened in this line is never closed, so nothing behind it can be told apart.', slice)
  }
  if (slice.tooLong) return tooLong(known?.options.maxRecordBytes)
  if (fault) return unparsable(faultTexts[fault.kind], nameAt(known?.names, fault.field))
  if (!known) return isUtf8(bytes.subarray(slice.start, slice.end)) ? undefined : notUtf8()
  const { names } = known
  if (fields === names.length) return undefined
  return unparsable(
    `The row has ${fields} ${fields === 1 ? 'field' : 'fields'} and the header ${names.length}.`,
    nameAt(names, fields),
  )
}

/** A path is told before the message: a number of its own would say nothing there. */
const nameAt = (names: readonly string[] = [], field: number): string[] => (names[field] === undefined ? [] : [names[field]])

/** The number, from 1, of the first column that has no name, where that is what is wrong. */
function columnPast({ tooLong, note: { fault, fields } }: Slice<CsvNote>, names: readonly string[]): number | undefined {
  if (tooLong) return undefined
  if (fault) return fault.field < names.length ? undefined : fault.field + 1
  return fields > names.length ? names.length + 1 : undefined
}

function brokenText(
  bytes: Buffer,
  slice: Slice<CsvNote>,
  names: readonly string[],
  settings: CsvSettings,
  ends: LineEnds | undefined,
): RecordError {
  const fields = parseRowBytes(bytes.subarray(slice.start, slice.end), settings, ends)
  const index = fields.findIndex(field => !isUtf8(field))
  return notUtf8(names[index] === undefined ? [] : [names[index]])
}

function positionOf({ line, byte }: Slice<CsvNote>, column?: string | number): Json {
  return { line, byte, ...(column === undefined ? {} : { column }) }
}
