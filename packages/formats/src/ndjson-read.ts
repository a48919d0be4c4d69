import { isAscii, isUtf8 } from 'node:buffer'
import type { Cursor, DecodeOptions, FormatInput, RecordError, SourceBatch, Unreadable } from '@millrace/etl-core'
import { defaultMaxRecordBytes, rawBytes } from './blocks.js'
import { notUtf8, tooLong } from './errors.js'
import { mayBeInexact, exactNumbers as withExactNumbers } from './exact-numbers.js'
import type { JsonOptions } from './json-options.js'
import { columnIn, isBlank, jsonProblem } from './json-problems.js'
import { cutLines, type LineBlock } from './line-blocks.js'
import { rawText } from './text.js'

interface LineCursor {
  readonly byte: number
  readonly line: number
}

/** Reads lines of JSON in batches of about 64 KiB. Batch borders depend on the bytes alone. */
export async function* decodeLines<T>(
  input: FormatInput,
  from: Cursor | undefined,
  settings: JsonOptions,
  options: DecodeOptions = {},
): AsyncGenerator<SourceBatch<T>> {
  let at = (from as unknown as LineCursor | undefined) ?? { byte: 0, line: 1 }
  for await (const block of cutLines(input, at.byte, options)) {
    const { batch, lines } = batchOf<T>(block, at.line, settings, options)
    at = { byte: block.endByte, line: at.line + lines }
    yield { ...batch, cursor: { ...at } }
  }
}

/** What a block holds, with one decoding for all of it: a call for each line would cost as much as `JSON.parse` does. */
function batchOf<T>(block: LineBlock, firstLine: number, { exactNumbers, invalidUtf8 }: JsonOptions, options: DecodeOptions) {
  const { bytes } = block
  const isText = isUtf8(bytes)
  // One character for each byte, unless all of it is text that needs more.
  const wide = isText && !isAscii(bytes)
  const text = bytes.toString(wide ? 'utf8' : 'latin1')
  const lengthOf = (start: number, end: number) => (wide ? Buffer.byteLength(text.slice(start, end)) : end - start)
  const { maxRecordBytes = defaultMaxRecordBytes } = options
  const isTooLong = (start: number, end: number) =>
    (block.dropped > 0 && end >= text.length - 1) || lengthOf(start, end) > maxRecordBytes
  const carefulLine = (start: number, end: number): string => {
    if (isTooLong(start, end)) throw tooLong(options.maxRecordBytes)
    if (isText) return text.slice(start, end)
    const line = bytes.subarray(start, end)
    if (invalidUtf8 !== 'replace' && !isUtf8(line)) throw notUtf8()
    return line.toString('utf8')
  }
  const careful = !isText || block.dropped > 0 || bytes.length > maxRecordBytes
  const exact = exactNumbers === true && mayBeInexact(text)

  const records: T[] = []
  const starts: number[] = []
  const bad: Bad[] = []
  let lines = 0
  for (let start = 0, end = 0; start < text.length; start = end + 1, lines++) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    try {
      const line = careful ? carefulLine(start, end) : text.slice(start, end)
      records.push(JSON.parse(exact ? withExactNumbers(line) : line) as T)
      starts.push(start)
    } catch (thrown) {
      if (!isBlank(text.slice(start, end))) bad.push({ start, end, error: jsonProblem(thrown) })
    }
  }
  const placeOf = placesIn(text, wide, block.byte, firstLine)
  const unreadable = ({ start, end, error }: Bad): Unreadable => {
    const place = placeOf(start)
    const from = place.byte - block.byte
    const cut = isTooLong(start, end)
    const to = from + (cut ? Math.min(rawBytes, maxRecordBytes) : lengthOf(start, end))
    return { raw: rawText(bytes, { start: from, end: to, tooLong: cut }), position: { ...place, ...columnIn(error) }, error }
  }
  let places: readonly Place[] | undefined
  const batch = {
    records,
    bytes: block.size,
    positionOf: (row: number) => {
      places ??= starts.map(placesIn(text, wide, block.byte, firstLine))
      return { ...(places[row] as Place) }
    },
    ...(bad.length === 0 ? {} : { unreadable: bad.map(unreadable) }),
  }
  return { batch, lines }
}

/** A line that is no record: where it stands in its block's text. */
interface Bad {
  readonly start: number
  readonly end: number
  readonly error: RecordError
}

interface Place {
  readonly line: number
  readonly byte: number
}

/** Where characters of a block stand in the file. To be asked in their order: each answer goes on from the one before. */
function placesIn(text: string, wide: boolean, firstByte: number, firstLine: number): (start: number) => Place {
  let at = 0
  let byte = firstByte
  let line = firstLine
  return start => {
    byte += wide ? Buffer.byteLength(text.slice(at, start)) : start - at
    for (let next = text.indexOf('\n', at); next >= 0 && next < start; next = text.indexOf('\n', next + 1)) line++
    at = start
    return { line, byte }
  }
}
