import { type Handler, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import {
  addVersion,
  type Bucket,
  bucketNamed,
  currentOf,
  type DeleteMarker,
  isMarker,
  replaceVersion,
  type World,
} from '../world.js'
import { childrenOf, childText, readXml, type XmlElement } from '../xml-read.js'
import { matches } from './conditions.js'

interface Wanted {
  readonly key: string
  readonly versionId?: string
  readonly ifMatch?: string
}

interface Removed {
  readonly versionId?: string
  readonly deleteMarker?: boolean
}

export const deleteObject: Handler = ({ world, bucket, key, query, headers }) => {
  const versionId = query.get('versionId')
  const ifMatch = headers['if-match']
  const wanted = { key, ...(versionId === undefined ? {} : { versionId }), ...(ifMatch === undefined ? {} : { ifMatch }) }
  const removed = remove(world, bucketNamed(world, bucket), wanted)
  return {
    status: 204,
    headers: { 'x-amz-version-id': removed.versionId, 'x-amz-delete-marker': removed.deleteMarker ? 'true' : undefined },
  }
}

/** Takes an object, or one version, away. One that is not there is no error; with versioning even that leaves a marker. */
export function remove(world: World, bucket: Bucket, { key, versionId, ifMatch }: Wanted): Removed {
  const current = currentOf(bucket, key)
  if (ifMatch !== undefined) {
    if (!current) throw new S3Failure('NoSuchKey', undefined, { details: { Key: key } })
    if (!matches(ifMatch, current, world))
      throw new S3Failure('PreconditionFailed', undefined, { details: { Condition: 'If-Match' } })
  }
  if (versionId !== undefined) {
    const version = bucket.keys.get(key)?.find(known => known.versionId === versionId)
    replaceVersion(bucket, key, versionId)
    return { versionId, deleteMarker: isMarker(version) }
  }
  if (bucket.versioning === 'off') {
    replaceVersion(bucket, key, 'null')
    return {}
  }
  const marker = addVersion<DeleteMarker>(bucket, key, { deleteMarker: true, modifiedAtMs: world.now() })
  return { versionId: marker.versionId, deleteMarker: true }
}

const mostKeys = 1000

/** Deletes up to 1,000 objects; each has an outcome of its own. */
export const deleteObjects: Handler = call => {
  const bucket = bucketNamed(call.world, call.bucket)
  if (call.headers['content-md5'] === undefined && !call.checksum)
    throw new S3Failure('InvalidRequest', 'Missing required header for this request: Content-MD5')
  const request = readXml(call.body, 'Delete')
  const wanted = childrenOf(request, 'Object').map(wantedOf)
  if (wanted.length === 0 || wanted.length > mostKeys) throw new S3Failure('MalformedXML')
  const quiet = childText(request, 'Quiet') === 'true'
  const outcomes = wanted.map(each => outcomeOf(call.world, bucket, each, call.refuse?.(each.key)))
  return xmlAnswer('DeleteResult', {
    Deleted: quiet ? [] : outcomes.flatMap(({ deleted }) => deleted ?? []),
    Error: outcomes.flatMap(({ error }) => error ?? []),
  })
}

function wantedOf(element: XmlElement): Wanted {
  const key = childText(element, 'Key')
  if (!key) throw new S3Failure('MalformedXML')
  const versionId = childText(element, 'VersionId')
  const ifMatch = childText(element, 'ETag')
  return { key, ...(versionId === undefined ? {} : { versionId }), ...(ifMatch === undefined ? {} : { ifMatch }) }
}

function outcomeOf(world: World, bucket: Bucket, wanted: Wanted, refused: string | undefined) {
  const named = { Key: wanted.key, VersionId: wanted.versionId }
  if (refused !== undefined) return { error: { ...named, Code: refused, Message: 'Refused by the test' } }
  try {
    const { versionId, deleteMarker } = remove(world, bucket, wanted)
    const marker = deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {}
    return { deleted: { ...named, ...marker } }
  } catch (error) {
    if (!(error instanceof S3Failure)) throw error
    return { error: { ...named, Code: error.code, Message: error.message } }
  }
}
