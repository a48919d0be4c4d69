import { countIn, type Handler, isoTime, keyWriter, quoted, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import { type Bucket, bucketNamed, type DeleteMarker, isMarker, ownerId, type Version } from '../world.js'
import { commonPrefixes } from './list.js'
import { pageOf } from './page.js'

/** Versions and delete markers, newest first within a key. Common prefixes come all at once and do not count, unlike in S3. */
export const listObjectVersions: Handler = ({ world, bucket: name, query }) => {
  const bucket = bucketNamed(world, name)
  const most = countIn(query, 'max-keys', world.pageEntries)
  const write = keyWriter(query)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const { lines } = pageOf(bucket, { prefix, delimiter, after: '', most: Number.POSITIVE_INFINITY }, () => true)
  const all = lines.flatMap(line => ('key' in line ? newestFirst(bucket, line.key) : []))
  const start = startAt(all, query.get('key-marker'), query.get('version-id-marker'))
  const shown = all.slice(start, start + most)
  const truncated = most > 0 && start + most < all.length
  const last = shown.at(-1)
  const described = ({ key, version, latest }: Entry) => ({
    Key: write(key),
    VersionId: version.versionId,
    IsLatest: latest,
    LastModified: isoTime(version.modifiedAtMs),
    Owner: { ID: ownerId },
  })
  return xmlAnswer('ListVersionsResult', {
    Name: name,
    Prefix: write(prefix),
    KeyMarker: write(query.get('key-marker') ?? ''),
    VersionIdMarker: query.get('version-id-marker') ?? '',
    MaxKeys: most,
    Delimiter: delimiter === '' ? undefined : write(delimiter),
    EncodingType: query.get('encoding-type'),
    IsTruncated: truncated,
    NextKeyMarker: truncated && last ? write(last.key) : undefined,
    NextVersionIdMarker: truncated ? last?.version.versionId : undefined,
    Version: shown.flatMap(entry => {
      const { version } = entry
      if (isMarker(version)) return []
      return [{ ...described(entry), ETag: quoted(version.etag), Size: version.body.length, StorageClass: version.storageClass }]
    }),
    DeleteMarker: shown.filter(({ version }) => isMarker(version)).map(described),
    CommonPrefixes: start === 0 ? commonPrefixes(lines, write) : [],
  })
}

interface Entry {
  readonly key: string
  readonly version: Version | DeleteMarker
  readonly latest: boolean
}

function newestFirst(bucket: Bucket, key: string): Entry[] {
  const versions = bucket.keys.get(key) ?? []
  return versions.map((version, at) => ({ key, version, latest: at === versions.length - 1 })).reverse()
}

/** The first entry behind the markers: behind that version of the key, or behind all of the key. */
function startAt(all: readonly Entry[], keyMarker = '', versionMarker?: string): number {
  if (versionMarker && keyMarker === '')
    throw new S3Failure('InvalidArgument', 'A version-id marker cannot be specified without a key marker.')
  if (keyMarker === '') return 0
  if (versionMarker) {
    const at = all.findIndex(({ key, version }) => key === keyMarker && version.versionId === versionMarker)
    if (at >= 0) return at + 1
  }
  const next = all.findIndex(({ key }) => Buffer.compare(Buffer.from(key), Buffer.from(keyMarker)) > 0)
  return next < 0 ? all.length : next
}
