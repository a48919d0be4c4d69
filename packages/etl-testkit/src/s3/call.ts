import type { Checksum } from './body/checksums.js'
import { S3Failure } from './errors.js'
import type { Answer, World } from './world.js'
import { type XmlFields, xmlDocument } from './xml.js'

/** A request whose signature and body hold, on its way to the operation it asks for. */
export interface Call {
  readonly world: World
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: ReadonlyMap<string, string>
  /** Lower-case names; what a presigned address says in its query is among them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  /** The body's, if one came with it. */
  readonly checksum?: Checksum
  /** The region the request was signed for. */
  readonly region: string
  /** A fault of DeleteObjects: the code a key fails with, if it fails. */
  refuse?(key: string): string | undefined
}

/** An operation: all it does happens at once, between two other requests. */
export type Handler = (call: Call) => Answer

export function xmlAnswer(root: string, fields: XmlFields, headers: Answer['headers'] = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: xmlDocument(root, fields) }
}

/** A whole number in the query, between 0 and `most`; more than that is `most`, as S3 has it. */
export function countIn(query: Call['query'], name: string, most: number): number {
  const text = query.get(name)
  if (text === undefined || text === '') return most
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 2_147_483_647)
    throw new S3Failure('InvalidArgument', `Argument ${name} must be an integer between 0 and 2147483647`, {
      details: { ArgumentName: name, ArgumentValue: text },
    })
  return Math.min(value, most)
}

/** How keys are written into a listing: as they are, or with `encoding-type=url`. */
export function keyWriter(query: Call['query']): (text: string) => string {
  const type = query.get('encoding-type')
  if (type !== undefined && type !== 'url') throw new S3Failure('InvalidArgument', 'Invalid Encoding Method specified in Request')
  if (type === undefined) return text => text
  return text => new URLSearchParams([['', text]]).toString().slice(1).replaceAll('%2F', '/')
}

export const isoTime = (ms: number) => new Date(ms).toISOString()
export const httpTime = (ms: number) => new Date(ms).toUTCString()
export const quoted = (etag: string) => `"${etag}"`
/** An entity tag, with or without its quotes. */
export const unquoted = (etag: string) => etag.trim().replace(/^"(.*)"$/, '$1')
