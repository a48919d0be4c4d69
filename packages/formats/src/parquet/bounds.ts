import type { Statistics } from 'hyparquet'
import type { Physical } from './physical.js'
import type { Bound } from './row-group.js'

// As hyparquet-writer and parquet-mr cut: enough to skip row groups by, and a footer stays small whatever the text.
const maxTextBytes = 16

/** The smallest and largest value of a column chunk as the file stores values; none if all are null. */
export function boundsOf(
  physical: Physical,
  { min_value, max_value }: Statistics,
): { readonly min?: Bound; readonly max?: Bound } {
  const min = boundOf(physical, min_value, cutLow)
  const max = boundOf(physical, max_value, cutHigh)
  return { ...(min ? { min } : {}), ...(max ? { max } : {}) }
}

function boundOf(
  { type, length }: Physical,
  value: Statistics['min'],
  cut: (text: string) => Bound | undefined,
): Bound | undefined {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'boolean') return { bytes: Uint8Array.of(value ? 1 : 0), exact: true }
  const bytes = new Uint8Array(length ?? (type === 'INT32' ? 4 : 8))
  const view = new DataView(bytes.buffer)
  if (typeof value === 'bigint') {
    if (length === undefined) view.setBigInt64(0, value, true)
    else bigEndian(bytes, value)
  } else if (typeof value === 'number') {
    if (type === 'INT32') view.setInt32(0, value, true)
    else view.setFloat64(0, value, true)
  } else return undefined
  return { bytes, exact: true }
}

/** Two's complement, highest byte first: how fixed-length decimals lie in a file. */
function bigEndian(bytes: Uint8Array, value: bigint): void {
  let rest = value
  for (let at = bytes.length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
}

/** Text cut to a prefix: never above what begins with it. */
function cutLow(text: string): Bound {
  const kept = prefix(text)
  return { bytes: Buffer.from(kept.join('')), exact: kept.join('').length === text.length }
}

/** Text cut to a prefix whose last character is one higher: never below what begins with it. None if there is no higher one. */
function cutHigh(text: string): Bound | undefined {
  const kept = prefix(text)
  if (kept.join('').length === text.length) return { bytes: Buffer.from(text), exact: true }
  while (kept.length > 0) {
    const last = kept.pop()!.codePointAt(0)!
    if (last === 0x10ffff) continue
    const next = String.fromCodePoint(following(last))
    return { bytes: Buffer.from(kept.join('') + next), exact: false }
  }
  return undefined
}

// Half a surrogate pair is stored as U+FFFD, and no character lies among the halves.
function following(code: number): number {
  if (code >= 0xd800 && code <= 0xdfff) return 0xfffe
  return code === 0xd7ff ? 0xe000 : code + 1
}

/** The characters that fit into the limit, as UTF-8. */
function prefix(text: string): string[] {
  const kept: string[] = []
  let bytes = 0
  for (const character of text.slice(0, maxTextBytes + 1)) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxTextBytes) break
    kept.push(character)
  }
  return kept
}
