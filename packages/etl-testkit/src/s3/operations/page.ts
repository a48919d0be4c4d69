import { type Bucket, sortedKeys } from '../world.js'

/** One line of a listing: a key, or the keys that share all up to a delimiter. */
export type Line = { readonly key: string } | { readonly commonPrefix: string }

/** What to list. */
export interface PageRequest {
  readonly prefix: string
  readonly delimiter: string
  /** Only keys behind this one. */
  readonly after: string
  /** Keys that begin with this were on an earlier page, as a common prefix. */
  readonly skip?: string | undefined
  readonly most: number
}

export interface Page {
  readonly lines: readonly Line[]
  /** More follows. */
  readonly truncated: boolean
}

/** A page of a bucket's keys, ascending by their UTF-8 bytes. `has` leaves out keys that only have a past. */
export function pageOf(bucket: Bucket, request: PageRequest, has: (key: string) => boolean): Page {
  const keys = sortedKeys(bucket)
  const prefix = Buffer.from(request.prefix)
  const lines: Line[] = []
  let last = request.skip
  for (let at = firstFrom(keys, Buffer.from(request.after), prefix); at < keys.length; at++) {
    const key = keys[at]!
    if (!key.subarray(0, prefix.length).equals(prefix)) break
    const text = key.toString()
    if ((last !== undefined && text.startsWith(last)) || !has(text)) continue
    if (lines.length === request.most) return { lines, truncated: request.most > 0 }
    const end = request.delimiter === '' ? -1 : text.indexOf(request.delimiter, request.prefix.length)
    last = end < 0 ? undefined : text.slice(0, end + request.delimiter.length)
    lines.push(last === undefined ? { key: text } : { commonPrefix: last })
  }
  return { lines, truncated: false }
}

/** The first key that is behind `after` and not before `prefix`, by halving. */
function firstFrom(keys: readonly Buffer[], after: Buffer, prefix: Buffer): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    const key = keys[middle]!
    if (Buffer.compare(key, prefix) < 0 || (after.length > 0 && Buffer.compare(key, after) <= 0)) low = middle + 1
    else high = middle
  }
  return low
}
