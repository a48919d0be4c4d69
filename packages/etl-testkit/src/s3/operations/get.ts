import { type Call, type Handler, httpTime, quoted } from '../call.js'
import { S3Failure } from '../errors.js'
import { type Answer, bucketNamed, type Version } from '../world.js'
import { judgeRead } from './conditions.js'
import { checksumHeaders } from './put.js'
import { type Range, rangeAsked } from './range.js'
import { traitHeaders } from './traits.js'
import { versionAsked, versionHeader } from './versions.js'

export const getObject: Handler = call => {
  const bucket = bucketNamed(call.world, call.bucket)
  const version = versionAsked(bucket, call.key, call.query.get('versionId'))
  const versionId = versionHeader(bucket, version.versionId)
  if (judgeRead(call.headers, version) === 'notModified')
    return { status: 304, headers: { etag: quoted(version.etag), 'last-modified': httpTime(version.modifiedAtMs), ...versionId } }
  return read(call, version, versionId)
}

/** As {@link getObject}; whoever sends the answer leaves its body out. */
export const headObject: Handler = call => getObject(call)

function read(call: Call, version: Version, versionId: Record<string, string>): Answer {
  if (call.method === 'GET' && /^(GLACIER|DEEP_ARCHIVE)$/.test(version.storageClass))
    throw new S3Failure('InvalidObjectState', undefined, { details: { StorageClass: version.storageClass } })
  const part = call.query.get('partNumber')
  const range = part === undefined ? rangeAsked(call.headers.range, version.body.length) : partRange(version, part)
  const body = range ? version.body.subarray(range.start, range.end) : version.body
  const whole = body.length === version.body.length
  return {
    status: range ? 206 : 200,
    headers: {
      ...version.headers,
      ...traitHeaders(version),
      ...overrides(call.query),
      etag: quoted(version.etag),
      'last-modified': httpTime(version.modifiedAtMs),
      'accept-ranges': 'bytes',
      'content-range': range && `bytes ${range.start}-${range.end - 1}/${version.body.length}`,
      'x-amz-tagging-count': version.tags.length > 0 ? String(version.tags.length) : undefined,
      'x-amz-mp-parts-count': part !== undefined && version.partSizes ? String(version.partSizes.length) : undefined,
      ...(call.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && whole ? checksumHeaders(version) : {}),
      ...versionId,
    },
    body,
  }
}

/** The bytes of one part of a multipart upload; other objects have one part. */
function partRange({ partSizes, body }: Version, text: string): Range | undefined {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1 || number > 10_000)
    throw new S3Failure('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
  const sizes = partSizes ?? [body.length]
  const size = sizes[number - 1]
  if (size === undefined) throw new S3Failure('InvalidRange', 'The requested partnumber is not satisfiable')
  const start = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0)
  return { start, end: start + size }
}

function overrides(query: Call['query']): Record<string, string> {
  const given = [...query].filter(([name]) => name.startsWith('response-'))
  return Object.fromEntries(given.map(([name, value]) => [name.slice('response-'.length), value]))
}
