import type { Incoming } from './incoming.js'

/** Percent-encodes as Signature Version 4 has it: all but letters, digits and `-._~`. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A path, or a key in an address: as {@link uriEncode}, slashes kept. */
export function encodePath(path: string): string {
  return path.split('/').map(uriEncode).join('/')
}

/**
 * The text whose hash is signed, rebuilt from what arrived: method, path, query without the signature itself, the signed headers,
 * their names, the payload's hash. S3 encodes the path once and never resolves `.` or `//` in it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function canonicalRequest(request: Incoming, signedHeaders: readonly string[], payloadHash: string): string {
  return [
    request.method,
    encodePath(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map(name => `${name}:${canonicalValue(request.headers[name])}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
}

function canonicalQuery(query: Incoming['query']): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(pair => pair.join('='))
    .join('&')
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const canonicalValue = (value = '') => value.trim().replace(/ +/g, ' ')
