import type { Cursor, DecodeOptions, Format, FormatInput, SourceBatch, UnitEncoder, Unreadable } from '@millrace/etl-core'
import { type Block, cutBlocks } from './blocks.js'
import { notUtf8, tooLong, unparsable } from './errors.js'
import { exactNumbers } from './exact-numbers.js'
import { checkJsonOptions, type JsonOptions } from './json-options.js'
import { jsonProblem } from './json-problems.js'
import { type ElementNote, elementScanner } from './json-scan.js'
import { jsonText } from './json-text.js'
import { withLimit } from './options.js'
import { rawText, textReader, utf8 } from './text.js'

/** Behind an element: its successor's byte, line and index; `closed` once the array has ended. */
interface ElementCursor {
  readonly byte: number
  readonly line: number
  readonly index: number
  readonly closed: boolean
}

/**
 * One JSON array of records, in UTF-8, one record per line.
 *
 * Writing: as {@link ndjson} writes them, with `[`, `,` and `]` around. A unit may end after any batch.
 *
 * Reading: elements are given as they come, so the file may be larger than memory. An element that is not JSON, is not UTF-8 or is longer
 * than `maxRecordBytes` becomes an Unreadable with `{ index, line, byte }`; index from 0.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for unknown options. While reading: SourceError `ETL_SOURCE_MALFORMED` for what is no array, a
 * truncated one (after the elements before the break were given), or text behind it.
 */
export function json<T = unknown>(options: JsonOptions = {}): Format<T> {
  checkJsonOptions('json', options)
  return Object.freeze<Format<T>>({
    name: 'json',
    extension: 'json',
    contentType: 'application/json',
    layout: { format: 'json' },
    encoder: elementEncoder<T>,
    assemble: units => ({
      head: utf8(units.length === 0 ? '[' : '[\n'),
      between: utf8(',\n'),
      tail: utf8(units.length === 0 ? ']\n' : '\n]\n'),
    }),
    decode: (input, from, limits) => decodeElements<T>(input, from, options, withLimit(limits, options.maxRecordBytes)),
  })
}

function elementEncoder<T>(): UnitEncoder<T> {
  let begun = false
  return {
    write(records) {
      if (records.length === 0) return []
      const text = records.map(jsonText as (record: T, row: number) => string).join(',\n')
      const bytes = utf8(begun ? `,\n${text}` : text)
      begun = true
      return [bytes]
    },
    end() {
      begun = false
      return { bytes: [] }
    },
  }
}

async function* decodeElements<T>(
  input: FormatInput,
  from: Cursor | undefined,
  settings: JsonOptions,
  options: DecodeOptions = {},
): AsyncGenerator<SourceBatch<T>> {
  const at = from as unknown as ElementCursor | undefined
  const scanner = elementScanner(input.place, at)
  let index = at?.index ?? 0
  for await (const block of cutBlocks(input, at ?? { byte: 0, line: 1 }, scanner, options)) {
    const { batch, elements } = batchOf<T>(block, index, settings, options)
    index += elements
    const closed = block.slices.at(-1)?.note.last ?? false
    yield { ...batch, cursor: { byte: block.endByte, line: block.endLine, index, closed } }
  }
}

function batchOf<T>(block: Block<ElementNote>, first: number, settings: JsonOptions, options: DecodeOptions) {
  const records: T[] = []
  const places: { index: number; line: number; byte: number }[] = []
  const unreadable: Unreadable[] = []
  const read = textReader(block.bytes, settings.invalidUtf8)
  let index = first
  for (const slice of block.slices) {
    const { lead, empty, last } = slice.note
    // `[]`, which has no element at all.
    if (empty && last && index === 0) continue
    const place = { index, line: slice.line, byte: slice.byte + lead }
    index++
    try {
      if (empty) throw unparsable('An element is missing.')
      if (slice.tooLong) throw tooLong(options.maxRecordBytes)
      const text = read(slice.start + lead, slice.end)
      if (text === undefined) throw notUtf8()
      records.push(JSON.parse(settings.exactNumbers ? exactNumbers(text) : text) as T)
      places.push(place)
    } catch (thrown) {
      unreadable.push({ raw: rawText(block.bytes, slice, lead), position: place, error: jsonProblem(thrown) })
    }
  }
  const batch = {
    records,
    bytes: block.size,
    positionOf: (row: number) => ({ ...(places[row] as (typeof places)[number]) }),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  }
  return { batch, elements: index - first }
}
