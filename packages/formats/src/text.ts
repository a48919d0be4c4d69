import { isAscii, isUtf8 } from 'node:buffer'
import type { Json } from '@millrace/etl-core'
import { rawBytes, type Slice } from './blocks.js'

/**
 * Reads parts of some bytes as text; `undefined` for a part that is not UTF-8, unless that is to be replaced. The whole is looked at once,
 * which is much cheaper.
 */
export function textReader(
  bytes: Buffer,
  invalidUtf8: 'reject' | 'replace' = 'reject',
): (start: number, end: number) => string | undefined {
  if (isAscii(bytes)) {
    const text = bytes.toString('latin1')
    return (start, end) => text.slice(start, end)
  }
  if (invalidUtf8 === 'replace' || isUtf8(bytes)) return (start, end) => bytes.toString('utf8', start, end)
  return (start, end) => (isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined)
}

/** A record as it was read, for a reject: at most 64 KiB, with U+FFFD for what is not UTF-8. */
export function rawText(bytes: Buffer, slice: Pick<Slice<unknown>, 'start' | 'end' | 'tooLong'>, lead = 0): Json {
  const start = slice.start + lead
  const end = Math.min(slice.end, start + rawBytes)
  const cut = slice.tooLong || end < slice.end
  return bytes.toString('utf8', start, end) + (cut ? '…' : '')
}

/** The UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8')
