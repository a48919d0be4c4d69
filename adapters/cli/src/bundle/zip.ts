import { type Zippable, zipSync } from 'fflate'

/** Any fixed one. The format has no time zone and the library takes local time: noon is in the same day in all of them. */
const time = new Date(1980, 0, 1, 12)

/** Read by all, written by the owner: what Lambda needs of a file. */
const readable = 0o100644 << 16

/** Files as a zip, sorted by name: the same files give the same bytes, on any computer and on any day. */
export function zipped(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  const entries: Zippable = Object.fromEntries(
    sorted.map(([name, bytes]) => [name, [bytes, { level: 9, mtime: time, os: 3, attrs: readable }]]),
  )
  return zipSync(entries)
}
