import { hoistedHeaders, type Incoming } from './auth/incoming.js'
import { notImplemented, S3Failure } from './errors.js'
import { type Level, type Route, routes, type S3Operation } from './routes.js'

/** Where a request goes. */
export interface Target {
  readonly bucket: string
  readonly key: string
}

/**
 * Bucket and key of a request: from the path, or the bucket from the host if that is `<bucket>.<one of hostnames>`.
 * Any other host is taken for the server's own name.
 */
export function targetOf({ path, headers }: Incoming, hostnames: readonly string[]): Target {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  const suffix = hostnames.find(name => host.endsWith(`.${name}`))
  const whole = path.slice(1)
  if (suffix !== undefined) return { bucket: host.slice(0, -suffix.length - 1), key: whole }
  const slash = whole.indexOf('/')
  return slash < 0 ? { bucket: whole, key: '' } : { bucket: whole.slice(0, slash), key: whole.slice(slash + 1) }
}

/** The operation a request asks for, or why it is none: a text for `server.unsupported`. */
export function operationOf(request: Incoming, { bucket, key }: Target): S3Operation | { readonly unsupported: string } {
  const at: Level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object'
  const names = request.query.map(([name]) => name).filter(name => name !== 'x-id' && !/^x-amz-/i.test(name))
  const copies = request.headers['x-amz-copy-source'] !== undefined
  const fitting = routes.filter(
    route => route.method === request.method && route.at === at && matches(route, names) && (route.copies ?? false) === copies,
  )
  if (fitting[0]) return fitting[0].operation
  const query = names.length === 0 ? '' : `?${names.join('&')}`
  return { unsupported: `${request.method} ${at}${query}` }
}

function matches({ needs = [], takes = [] }: Route, names: readonly string[]): boolean {
  return needs.every(name => names.includes(name)) && names.every(name => needs.includes(name) || takes.includes(name))
}

/** The `x-amz-` headers some operation looks at. Any other asks for something that would be silently left undone. */
const known = new RegExp(
  `^x-amz-(${[
    'date',
    'content-sha256',
    'security-token',
    'user-agent',
    'decoded-content-length',
    'trailer',
    'te',
    'acl',
    'storage-class',
    'tagging',
    'tagging-directive',
    'metadata-directive',
    'meta-.+',
    'copy-source',
    'copy-source-range',
    'copy-source-if-(match|none-match|modified-since|unmodified-since)',
    'server-side-encryption',
    'server-side-encryption-(aws-kms-key-id|context|bucket-key-enabled)',
    'checksum-(crc32|crc32c|crc64nvme|sha1|sha256|algorithm|type|mode)',
    'sdk-checksum-algorithm',
    'mp-object-size',
    'expected-bucket-owner',
    'source-expected-bucket-owner',
  ].join('|')})$`,
)

/** Headers, those of a presigned query included. */
export function effectiveHeaders({ headers, query }: Incoming): Record<string, string | undefined> {
  const all = { ...hoistedHeaders(query), ...headers }
  const acl = all['x-amz-acl']
  if (acl !== undefined && !['private', 'bucket-owner-full-control'].includes(acl))
    throw new S3Failure('AccessControlListNotSupported')
  const unknown = Object.keys(all).find(name => name.startsWith('x-amz-') && !known.test(name))
  if (unknown?.includes('encryption-customer')) throw notImplemented(`SSE-C (${unknown})`)
  if (unknown !== undefined) throw notImplemented(`the header ${unknown}`)
  return all
}
