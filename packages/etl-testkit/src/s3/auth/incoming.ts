import { S3Failure } from '../errors.js'

/** A request as it came over the wire, taken apart but not judged. */
export interface Incoming {
  readonly method: string
  /** Undecoded, up to the `?`. */
  readonly rawPath: string
  /** Decoded. */
  readonly path: string
  /** Decoded, in order. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Lower-case names; several of one name are joined by a comma. Values are the bytes that came, one per character. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** Takes a request apart. */
export function incomingOf(method: string, target: string, rawHeaders: readonly string[]): Incoming {
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1)
  return { method, rawPath, path: decode(rawPath), query: parseQuery(rawQuery), headers: headersOf(rawHeaders) }
}

function parseQuery(raw: string): [string, string][] {
  return raw
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const equals = pair.indexOf('=')
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))]
    })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Failure('InvalidURI', undefined, { details: { URI: text } })
  }
}

function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase()
    const value = raw[at + 1]!
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`
  }
  return headers
}

/** The value of a query parameter, its name compared without case where it is one of the signature's. */
export function queryValue(query: Incoming['query'], name: string): string | undefined {
  return query.find(([known]) => known === name)?.[1]
}

/** What a presigned address says in its query instead of in headers, as headers: `x-amz-…`, but for the signature's own. */
export function hoistedHeaders(query: Incoming['query']): Record<string, string> {
  const own = /^x-amz-(algorithm|credential|date|expires|signedheaders|signature)$/
  return Object.fromEntries(
    query
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => /^x-amz-/.test(name) && !own.test(name)),
  )
}
