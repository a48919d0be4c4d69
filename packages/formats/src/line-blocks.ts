import type { DecodeOptions, FormatInput } from '@millrace/etl-core'
import { untilAborted } from './abort.js'
import { blockBytes, defaultMaxRecordBytes, rawBytes } from './blocks.js'

/** A run of whole lines; only the input's last may lack its line feed. `bytes` are overwritten when the next block is asked for. */
export interface LineBlock {
  readonly bytes: Buffer
  /** Absolute: where they begin. */
  readonly byte: number
  /** Bytes of the last line that were let go, as it is too long: of its others only the first 64 KiB mean anything. */
  readonly dropped: number
  /** Input bytes in this block, a byte order mark and those let go included. */
  readonly size: number
  /** Where the next block begins. */
  readonly endByte: number
}

/**
 * Cuts an input into blocks of whole lines: a block ends with the first line that reaches 64 KiB. What is within is not looked at, which is
 * what makes this quick. Memory: one block and one open line of at most `maxRecordBytes`.
 *
 * @param from - Absolute: where a line begins.
 */
export async function* cutLines(input: FormatInput, from: number, options: DecodeOptions = {}): AsyncGenerator<LineBlock> {
  const maxRecordBytes = options.maxRecordBytes ?? defaultMaxRecordBytes
  // A line is let go of only if it ends its block, so what is let go does not move the borders of blocks.
  const most = Math.max(maxRecordBytes, blockBytes)
  const keep = Math.min(rawBytes, maxRecordBytes)
  let buffer = Buffer.allocUnsafe(2 * blockBytes)
  let used = 0
  let base = from
  // In the buffer: where the block begins, up to where there is no end of it, and where the line begins that is let go of.
  let start = 0
  let searched = blockBytes - 1
  let long = -1
  let dropped = 0

  const append = (piece: Uint8Array) => {
    if (used + piece.length > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, used + piece.length))
      buffer.copy(larger, 0, 0, used)
      buffer = larger
    }
    buffer.set(piece, used)
    used += piece.length
  }
  const block = (next: number): LineBlock => ({
    bytes: buffer.subarray(start, next),
    byte: base + start,
    dropped,
    size: next + dropped,
    endByte: base + next + dropped,
  })
  const startOver = (next: number) => {
    buffer.copyWithin(0, next, used)
    base += next + dropped
    used -= next
    start = 0
    searched = blockBytes - 1
    long = -1
    dropped = 0
  }
  /** Behind the block's last line feed; 0 if it is not there yet. */
  const endOfBlock = () => {
    const next = used > searched ? buffer.subarray(0, used).indexOf(10, searched) + 1 : 0
    searched = Math.max(searched, used)
    return next
  }
  const dropExcess = () => {
    if (used + dropped <= most) return
    if (long < 0) long = Math.max(start, buffer.subarray(0, used).lastIndexOf(10) + 1)
    if (used - long + dropped <= most) return
    const end = Math.min(used, long + keep)
    dropped += used - end
    used = end
    searched = end
  }

  let begun = from > 0
  const passByteOrderMark = () => {
    begun = true
    if (used >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) start = 3
  }
  for await (const chunk of untilAborted(input.stream(from), options.signal)) {
    for (let offset = 0; offset < chunk.length; offset += blockBytes) {
      append(chunk.subarray(offset, offset + blockBytes))
      if (!begun) {
        if (used < 3) continue
        passByteOrderMark()
      }
      for (let next = endOfBlock(); next > 0; next = endOfBlock()) {
        yield block(next)
        startOver(next)
      }
      dropExcess()
    }
  }
  if (!begun) passByteOrderMark()
  if (used > start) yield block(used)
}
