import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Json } from '@millrace/etl-core'
import type { Item } from './table.js'

const packed = promisify(gzip)
const unpacked = promisify(gunzip)

/** In which form a document is kept, by its size. */
export interface Sizes {
  /**
   * Up to so many bytes it is text, for people who look at the table. A write is paid by the KiB, so packing it would save next to nothing.
   */
  readonly text: number
  /**
   * Packed, up to so many it is in the document's item, else in parts beside it: a listing reads, and is paid for, all of the items it
   * passes. Far below the 400 KB that an item may have.
   */
  readonly inline: number
  /**
   * The size of a part. With its keys it stays below 400 KB
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html, read 2026-12).
   */
  readonly part: number
}

export const defaultSizes: Sizes = { text: 2 * 1024, inline: 64 * 1024, part: 380 * 1024 }

/** A document's text as attributes of its item, or in parts. */
export type Content = { readonly attributes: Item } | { readonly parts: readonly Uint8Array[] }

export async function contentOf(value: Json, { text, inline, part }: Sizes): Promise<Content> {
  const json = JSON.stringify(value)
  if (Buffer.byteLength(json) <= text) return { attributes: { json: { S: json } } }
  const bytes = await packed(json)
  if (bytes.length <= inline) return { attributes: { gzip: { B: bytes } } }
  const count = Math.ceil(bytes.length / part)
  return { parts: Array.from({ length: count }, (_, at) => bytes.subarray(at * part, (at + 1) * part)) }
}

/** Throws where it is damaged. */
export async function valueIn({ json, gzip: bytes }: Item): Promise<Json> {
  if (json?.S !== undefined) return JSON.parse(json.S) as Json
  if (bytes?.B === undefined) throw new Error('it has no content of Millrace')
  return valueInParts([bytes.B])
}

/** Throws where it is damaged. */
export async function valueInParts(parts: readonly Uint8Array[]): Promise<Json> {
  const bytes = await unpacked(Buffer.concat(parts))
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
}

/**
 * A version, which is also the id of the write: a write whose answer was lost is known again by it, and no version ever comes back. It tells
 * of how many parts the document is, so that whoever replaces it knows what to remove.
 */
export function newVersion(parts: number): string {
  const id = randomBytes(9).toString('hex')
  return parts === 0 ? id : `${id}.${parts}`
}

/** Of how many parts a document at this version is; 0 for one that is an item. */
export const partsOf = (version: string): number => Number(/^[0-9a-f]{18}\.([1-9]\d{0,4})$/.exec(version)?.[1] ?? 0)
