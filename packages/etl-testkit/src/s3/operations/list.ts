import { type Call, countIn, type Handler, isoTime, keyWriter, quoted, xmlAnswer } from '../call.js'
import { notImplemented, S3Failure } from '../errors.js'
import { bucketNamed, currentOf, ownerId, type Version } from '../world.js'
import { type Line, pageOf } from './page.js'

export const listObjectsV2: Handler = ({ world, bucket: name, query }) => {
  const bucket = bucketNamed(world, name)
  if (query.get('list-type') !== '2') throw notImplemented(`list-type=${query.get('list-type')}`)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const most = countIn(query, 'max-keys', world.pageEntries)
  const write = keyWriter(query)
  const page = pageOf(bucket, { prefix, delimiter, most, ...startOf(query) }, key => currentOf(bucket, key) !== undefined)
  const owner = query.get('fetch-owner') === 'true' ? { ID: ownerId } : undefined
  return xmlAnswer('ListBucketResult', {
    Name: name,
    Prefix: write(prefix),
    Delimiter: delimiter === '' ? undefined : write(delimiter),
    MaxKeys: most,
    KeyCount: page.lines.length,
    EncodingType: query.get('encoding-type'),
    StartAfter: query.has('start-after') ? write(query.get('start-after') ?? '') : undefined,
    ContinuationToken: query.get('continuation-token'),
    IsTruncated: page.truncated,
    NextContinuationToken: page.truncated ? tokenOf(page.lines.at(-1)!) : undefined,
    Contents: page.lines.flatMap(line => ('key' in line ? [contents(write(line.key), currentOf(bucket, line.key)!, owner)] : [])),
    CommonPrefixes: commonPrefixes(page.lines, write),
  })
}

export function commonPrefixes(lines: readonly Line[], write: (text: string) => string) {
  return lines.flatMap(line => ('commonPrefix' in line ? [{ Prefix: write(line.commonPrefix) }] : []))
}

function contents(Key: string, version: Version, Owner: { ID: string } | undefined) {
  return {
    Key,
    LastModified: isoTime(version.modifiedAtMs),
    ETag: quoted(version.etag),
    ChecksumAlgorithm: version.checksum?.algorithm.toUpperCase(),
    ChecksumType: version.checksum?.type,
    Size: version.body.length,
    StorageClass: version.storageClass,
    Owner,
  }
}

function startOf(query: Call['query']): { after: string; skip?: string } {
  const token = query.get('continuation-token')
  if (token === undefined) return { after: query.get('start-after') ?? '' }
  try {
    const line = JSON.parse(Buffer.from(token, 'base64url').toString()) as Line
    return 'key' in line ? { after: line.key } : { after: line.commonPrefix, skip: line.commonPrefix }
  } catch {
    throw new S3Failure('InvalidArgument', 'The continuation token provided is incorrect')
  }
}

/** Opaque to clients: the line the next page comes behind. */
function tokenOf(last: Line): string {
  return Buffer.from(JSON.stringify(last)).toString('base64url')
}
