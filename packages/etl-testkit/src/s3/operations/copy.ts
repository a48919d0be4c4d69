import { algorithmNamed, checksumElement, checksumOf } from '../body/checksums.js'
import { type Call, type Handler, isoTime, quoted, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import { addVersion, type Bucket, bucketNamed, currentOf, type Version } from '../world.js'
import { judgeRead, judgeWrite } from './conditions.js'
import { checkKeyLength } from './put.js'
import { etagOf, traitsOf } from './traits.js'
import { versionAsked, versionHeader } from './versions.js'

/** What `x-amz-copy-source` names, its conditions judged. */
export function copySource({ world, headers }: Call): { bucket: Bucket; key: string; version: Version } {
  const match = /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(headers['x-amz-copy-source'] ?? '')
  if (!match) throw new S3Failure('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey')
  const bucket = bucketNamed(world, decodeURIComponent(match[1]!))
  const key = decodeURIComponent(match[2]!)
  const version = versionAsked(bucket, key, match[3])
  if (/^(GLACIER|DEEP_ARCHIVE)$/.test(version.storageClass)) throw new S3Failure('InvalidObjectState')
  judgeRead(headers, version, 'x-amz-copy-source-')
  return { bucket, key, version }
}

export const copyObject: Handler = call => {
  const { world, headers } = call
  const target = bucketNamed(world, call.bucket)
  checkKeyLength(call.key)
  const source = copySource(call)
  const traits = copiedTraits(call, source.version)
  if (target === source.bucket && call.key === source.key && !changesSomething(headers))
    throw new S3Failure(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    )
  judgeWrite(call, currentOf(target, call.key))
  const algorithm = algorithmNamed(headers['x-amz-checksum-algorithm']) ?? source.version.checksum?.algorithm ?? 'crc64nvme'
  // A copy is one piece: its entity tag is a plain MD5 and its checksum one of the whole, also if the source came in parts.
  const checksum = { algorithm, value: checksumOf(algorithm, source.version.body), type: 'FULL_OBJECT' } as const
  const version = addVersion<Version>(target, call.key, {
    ...traits,
    body: source.version.body,
    etag: etagOf(source.version.body, traits),
    modifiedAtMs: world.now(),
    checksum,
  })
  return xmlAnswer(
    'CopyObjectResult',
    {
      ETag: quoted(version.etag),
      LastModified: isoTime(version.modifiedAtMs),
      [checksumElement(algorithm)]: checksum.value,
      ChecksumType: checksum.type,
    },
    { ...version.encryption, ...versionHeader(target, version.versionId), ...sourceVersion(source) },
  )
}

function sourceVersion({ bucket, version }: { bucket: Bucket; version: Version }): Record<string, string> {
  return bucket.versioning === 'off' ? {} : { 'x-amz-copy-source-version-id': version.versionId }
}

function copiedTraits({ headers }: Call, source: Version) {
  const own = traitsOf(headers)
  return {
    ...own,
    headers: replaces(headers['x-amz-metadata-directive']) ? own.headers : source.headers,
    tags: replaces(headers['x-amz-tagging-directive']) ? own.tags : source.tags,
  }
}

function replaces(directive = 'COPY'): boolean {
  if (directive !== 'COPY' && directive !== 'REPLACE') throw new S3Failure('InvalidArgument', 'Unknown directive.')
  return directive === 'REPLACE'
}

function changesSomething(headers: Call['headers']): boolean {
  return (
    replaces(headers['x-amz-metadata-directive']) ||
    headers['x-amz-storage-class'] !== undefined ||
    headers['x-amz-server-side-encryption'] !== undefined
  )
}
