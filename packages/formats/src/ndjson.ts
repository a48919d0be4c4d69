import type { Cursor, DecodeOptions, Format, FormatInput, SourceBatch, UnitEncoder, Unreadable } from '@millrace/etl-core'
import { type Block, cutBlocks, type RecordScanner, type Slice } from './blocks.js'
import { fromJsonParse, notUtf8, tooLong } from './errors.js'
import { exactNumbers } from './exact-numbers.js'
import { jsonText } from './json-text.js'
import { checkOptions, isBoolean } from './options.js'
import { rawText, textReader, utf8 } from './text.js'

/** How JSON is read. Unknown options are refused. */
export interface JsonOptions {
  /**
   * Give numbers that JavaScript would change as text: integers beyond 2^53 - 1, and decimals with more digits than a double holds.
   * Default false: such numbers are rounded, as by `JSON.parse`. Reading is slower with it.
   */
  readonly exactNumbers?: boolean
}

interface NdjsonCursor {
  readonly byte: number
  readonly line: number
}

const nothing = new Uint8Array(0)

/**
 * Newline-delimited JSON (JSON Lines), in UTF-8: one JSON text per line.
 *
 * Writing: `JSON.stringify` and a line feed. Big integers become decimal text, bytes base64, dates ISO text; fields that are `undefined`
 * are left out. `NaN`, infinities, functions, maps and sets are RecordError `ETL_RECORD_REFUSED`. A unit may end after any batch.
 *
 * Reading: lines end with LF or CRLF, blank lines are no records, a byte order mark is passed over. A line that is not JSON, is not UTF-8
 * or is longer than `maxRecordBytes` becomes an Unreadable with `{ line, byte }`, and `column` (from 1) where JSON tells it.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for unknown options.
 * @example
 * ndjson({ exactNumbers: true })   // {"id":9007199254740993} is read as { id: '9007199254740993' }
 */
export function ndjson<T = unknown>(options: JsonOptions = {}): Format<T> {
  checkJsonOptions('ndjson', options)
  return Object.freeze<Format<T>>({
    name: 'ndjson',
    extension: 'ndjson',
    contentType: 'application/x-ndjson',
    layout: { format: 'ndjson' },
    encoder: lineEncoder<T>,
    assemble: () => ({ head: nothing, between: nothing, tail: nothing }),
    decode: (input, from, limits) => decodeLines<T>(input, from, options.exactNumbers ?? false, limits),
  })
}

/** Refuses what is not in {@link JsonOptions}. */
export function checkJsonOptions(factory: string, options: JsonOptions): void {
  checkOptions(factory, options, { exactNumbers: isBoolean })
}

function lineEncoder<T>(): UnitEncoder<T> {
  return {
    write(records) {
      if (records.length === 0) return []
      let text = ''
      for (let row = 0; row < records.length; row++) text += `${jsonText(records[row], row)}\n`
      return [utf8(text)]
    },
    end: () => ({ bytes: [] }),
  }
}

const lineScanner: RecordScanner<undefined> = {
  terminator: 1,
  lines: 1,
  note: undefined,
  next: (bytes, from, to) => (from >= to ? -1 : bytes.subarray(0, to).indexOf(10, from) + 1 || -1),
  finish: openBytes => (openBytes > 0 ? 'record' : 'none'),
}

/** The last line may lack its line feed. */
const scanner = (): RecordScanner<undefined> => {
  let terminator = 1
  return {
    ...lineScanner,
    get terminator() {
      return terminator
    },
    finish(openBytes) {
      terminator = 0
      return lineScanner.finish(openBytes)
    },
  }
}

async function* decodeLines<T>(
  input: FormatInput,
  from: Cursor | undefined,
  exact: boolean,
  options: DecodeOptions = {},
): AsyncGenerator<SourceBatch<T>> {
  const at = (from as unknown as NdjsonCursor | undefined) ?? { byte: 0, line: 1 }
  for await (const block of cutBlocks(input, at, scanner(), options)) yield batchOf<T>(block, exact, options)
}

function batchOf<T>(block: Block<undefined>, exact: boolean, options: DecodeOptions): SourceBatch<T> {
  const records: T[] = []
  const places: Slice<undefined>[] = []
  const unreadable: Unreadable[] = []
  const read = textReader(block.bytes)
  for (const slice of block.slices) {
    const parsed = parseSlice<T>(slice, read, exact, options)
    if ('blank' in parsed) continue
    if ('value' in parsed) {
      records.push(parsed.value)
      places.push(slice)
    } else
      unreadable.push({
        raw: rawText(block.bytes, slice),
        position: { ...placeOf(slice), ...columnIn(parsed.error) },
        error: parsed.error,
      })
  }
  return {
    records,
    cursor: { byte: block.endByte, line: block.endLine },
    bytes: block.size,
    positionOf: row => placeOf(places[row] as Slice<undefined>),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  }
}

const placeOf = ({ line, byte }: Slice<undefined>) => ({ line, byte })

/** One JSON text of a block. */
export function parseSlice<T>(
  slice: Slice<unknown>,
  read: (start: number, end: number) => string | undefined,
  exact: boolean,
  options: DecodeOptions,
  lead = 0,
): { readonly value: T } | { readonly error: ReturnType<typeof notUtf8> } | { readonly blank: true } {
  if (slice.tooLong) return { error: tooLong(options.maxRecordBytes) }
  const text = read(slice.start + lead, slice.end)
  if (text === undefined) return { error: notUtf8() }
  try {
    return { value: JSON.parse(exact ? exactNumbers(text) : text) as T }
  } catch (error) {
    return isBlank(text) ? { blank: true } : { error: fromJsonParse(error) }
  }
}

const isBlank = (text: string) => /^[ \t\r\n]*$/.test(text)

/** Where in the line JSON went wrong, if it says so. */
function columnIn(error: Error): { column?: number } {
  const [, offset] = / at position (\d+)/.exec(String((error.cause as Error | undefined)?.message)) ?? []
  return offset === undefined ? {} : { column: Number(offset) + 1 }
}
