import type { DecodeOptions, FormatInput, SourceError } from '@millrace/etl-core'
import { untilAborted } from './abort.js'

/**
 * A block ends at the first record border after so many bytes. Measured: 32 to 64 KiB is fastest, 1 MiB 1.7 times slower because the
 * records outlive the young generation. A multiple of nothing: borders depend on the bytes alone, never on how they arrive.
 */
export const blockBytes = 64 * 1024
/** What is kept of a record that is too long, in bytes. */
export const rawBytes = 64 * 1024
/** A record longer than this is unreadable unless a caller says otherwise, in bytes. */
export const defaultMaxRecordBytes = 16 * 1024 * 1024
/**
 * A quote that is still open so many times `maxRecordBytes` behind its record's start is taken for one that is never closed. More than
 * once, as a text that is only too long is one record that cannot be read, and not the end of all reading.
 */
export const giveUpTimes = 4

/** Finds where records end. Keeps its state between calls, so a record may arrive in any number of pieces. */
export interface RecordScanner<N> {
  /** Looks on for the end of the record: the index behind its terminator, or -1 if it is not before `to`. */
  next(bytes: Buffer, from: number, to: number): number
  /** The input is over: was there one more record, none, or is the whole thing broken? */
  finish(openBytes: number): 'record' | 'none' | SourceError
  /** Of the record just found: bytes of its terminator. */
  readonly terminator: number
  /** Of the record just found: lines it took. */
  readonly lines: number
  /** Of the record just found: what the format wants to know of it. */
  readonly note: N
}

/** One record within a block. `start` and `end` are indexes into the block's bytes, without the terminator; `next` is behind it. */
export interface Slice<N> {
  readonly start: number
  readonly end: number
  readonly next: number
  /** Absolute: where the record begins. */
  readonly byte: number
  /** From 1. */
  readonly line: number
  /** Longer than `maxRecordBytes`: only its beginning was kept. It is the last of its block. */
  readonly tooLong: boolean
  readonly note: N
}

/** A run of whole records. `bytes` are overwritten when the next block is asked for. */
export interface Block<N> {
  readonly bytes: Buffer
  readonly slices: readonly Slice<N>[]
  /** Input bytes in this block, those not kept included. */
  readonly size: number
  /** Where the next block begins. */
  readonly endByte: number
  readonly endLine: number
}

/** Cuts an input into blocks of whole records, from a record border on. Memory: one block and one open record. */
export async function* cutBlocks<N>(
  input: FormatInput,
  at: { readonly byte: number; readonly line: number },
  scanner: RecordScanner<N>,
  options: DecodeOptions = {},
): AsyncGenerator<Block<N>> {
  const maxRecordBytes = options.maxRecordBytes ?? defaultMaxRecordBytes
  const keep = Math.min(rawBytes, maxRecordBytes)
  let buffer = Buffer.allocUnsafe(2 * blockBytes)
  let used = 0
  let scanned = 0
  let start = 0
  /** Bytes of the open record that were let go. */
  let dropped = 0
  let base = at.byte
  let line = at.line
  let slices: Slice<N>[] = []
  let startKnown = at.byte > 0

  const append = (piece: Uint8Array) => {
    if (used + piece.length > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, used + piece.length))
      buffer.copy(larger, 0, 0, used)
      buffer = larger
    }
    buffer.set(piece, used)
    used += piece.length
  }
  const close = (next: number) => {
    const end = Math.max(start, next - scanner.terminator)
    const tooLong = end - start + dropped > maxRecordBytes
    const kept = tooLong ? start + keep : end
    slices.push({ start, end: kept, next, byte: base + start, line, tooLong, note: scanner.note })
    line += scanner.lines
    start = next
    scanned = next
    return tooLong || start >= blockBytes
  }
  const block = (): Block<N> => ({
    bytes: buffer.subarray(0, start),
    slices,
    size: start + dropped,
    endByte: base + start + dropped,
    endLine: line,
  })
  const startOver = () => {
    buffer.copyWithin(0, start, used)
    base += start + dropped
    used -= start
    scanned -= start
    start = 0
    dropped = 0
    slices = []
  }
  const dropExcess = () => {
    // Two of them may be its line end.
    if (used - start + dropped <= maxRecordBytes + 2) return
    const end = Math.min(used, start + keep)
    dropped += used - end
    used = end
    scanned = end
  }
  const passByteOrderMark = () => {
    startKnown = true
    if (used >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) {
      start = 3
      scanned = 3
    }
  }

  for await (const chunk of untilAborted(input.stream(at.byte), options.signal)) {
    for (let offset = 0; offset < chunk.length; offset += blockBytes) {
      append(chunk.subarray(offset, offset + blockBytes))
      if (!startKnown) {
        if (used < 3) continue
        passByteOrderMark()
      }
      for (let next = scanner.next(buffer, scanned, used); next >= 0; next = scanner.next(buffer, scanned, used)) {
        if (!close(next)) continue
        yield block()
        startOver()
      }
      scanned = used
      dropExcess()
    }
  }
  // Three bytes were never reached: nothing has been looked at yet.
  if (!startKnown) {
    for (let next = scanner.next(buffer, scanned, used); next >= 0; next = scanner.next(buffer, scanned, used)) close(next)
  }
  const last = scanner.finish(used - start + dropped)
  if (last === 'record') close(used)
  if (slices.length > 0) yield block()
  if (typeof last === 'object') throw last
}
