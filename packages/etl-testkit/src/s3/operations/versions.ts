import { type Handler, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import { type Bucket, bucketNamed, isMarker, type Version } from '../world.js'
import { childText, readXml } from '../xml-read.js'

/**
 * The version a read means: the named one, or the newest.
 *
 * @throws S3Failure NoSuchKey, NoSuchVersion; MethodNotAllowed if the named one is a delete marker.
 */
export function versionAsked(bucket: Bucket, key: string, versionId: string | undefined): Version {
  const versions = bucket.keys.get(key) ?? []
  const version = versionId === undefined ? versions.at(-1) : versions.find(known => known.versionId === versionId)
  if (version && !isMarker(version)) return version
  const headers = version ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId } : {}
  if (versionId === undefined) throw new S3Failure('NoSuchKey', undefined, { details: { Key: key }, headers })
  if (version) throw new S3Failure('MethodNotAllowed', undefined, { headers })
  throw new S3Failure('NoSuchVersion', undefined, { details: { Key: key, VersionId: versionId } })
}

/** The header of a version's id: buckets that never had versioning do not speak of versions. */
export function versionHeader(bucket: Bucket, versionId: string): Record<string, string> {
  return bucket.versioning === 'off' ? {} : { 'x-amz-version-id': versionId }
}

export const getBucketVersioning: Handler = ({ world, bucket }) => {
  const { versioning } = bucketNamed(world, bucket)
  return xmlAnswer('VersioningConfiguration', { Status: versioning === 'off' ? undefined : versioning })
}

export const putBucketVersioning: Handler = ({ world, bucket, body }) => {
  const status = childText(readXml(body, 'VersioningConfiguration'), 'Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Failure('MalformedXML')
  bucketNamed(world, bucket).versioning = status
  return { status: 200 }
}
