import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'

/** One entry as the end of a zip lists it. */
export interface ZipEntry {
  readonly name: string
  /** Date and time as DOS had them. */
  readonly modified: number
  /** Unix permissions with the kind of file. */
  readonly mode: number
}

/** The entries in their order, read from the bytes themselves. */
export function entriesIn(zip: Buffer): ZipEntry[] {
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006'))
  const entries: ZipEntry[] = []
  for (let at = zip.readUInt32LE(end + 16); at < end; ) {
    const [name, extra, comment] = [28, 30, 32].map(field => zip.readUInt16LE(at + field)) as [number, number, number]
    entries.push({
      name: zip.toString('utf8', at + 46, at + 46 + name),
      modified: zip.readUInt32LE(at + 12),
      mode: zip.readUInt32LE(at + 38) >>> 16,
    })
    at += 46 + name + extra + comment
  }
  return entries
}

/** Unpacks a zip into a folder that is made for it. */
export function unzipTo(folder: string, zip: Uint8Array): string {
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(folder, name), bytes)
  return folder
}
