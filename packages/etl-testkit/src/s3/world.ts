import { randomBytes } from 'node:crypto'
import type { Checksum, ChecksumAlgorithm } from './body/checksums.js'
import { S3Failure } from './errors.js'

/** What an object carries besides its bytes. */
export interface ObjectTraits {
  /** Content-Type and the like, and user metadata as `x-amz-meta-…`: what a read gives back. */
  readonly headers: Readonly<Record<string, string>>
  readonly tags: readonly (readonly [key: string, value: string])[]
  readonly storageClass: string
  readonly encryption: Readonly<Record<string, string>>
}

/** One version of an object; without versioning the only one, its id `null`. */
export interface Version extends ObjectTraits {
  readonly versionId: string
  readonly body: Buffer
  /** Without quotes. */
  readonly etag: string
  readonly modifiedAtMs: number
  readonly checksum?: Checksum
  /** Of a multipart upload. */
  readonly partSizes?: readonly number[]
}

/** What a delete leaves in a versioned bucket. */
export interface DeleteMarker {
  readonly versionId: string
  readonly deleteMarker: true
  readonly modifiedAtMs: number
}

export interface Part {
  readonly body: Buffer
  readonly etag: string
  /** In the upload's algorithm. */
  readonly checksum?: string
  readonly modifiedAtMs: number
}

/** A multipart upload that is neither completed nor aborted. */
export interface Upload extends ObjectTraits {
  readonly id: string
  readonly key: string
  readonly startedAtMs: number
  readonly algorithm?: ChecksumAlgorithm
  readonly checksumType: Checksum['type']
  readonly parts: Map<number, Part>
}

/** What a completed upload answers when it is completed again. */
export interface Completed {
  readonly key: string
  readonly request: string
  readonly answer: Answer
}

/** What a request gets. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: Buffer | string
}

export interface Bucket {
  readonly name: string
  readonly region: string
  readonly createdAtMs: number
  versioning: 'off' | 'Enabled' | 'Suspended'
  /** Oldest first. A key without versions is not there. */
  readonly keys: Map<string, readonly (Version | DeleteMarker)[]>
  readonly uploads: Map<string, Upload>
  readonly completed: Map<string, Completed>
  /** Keys in the order of their UTF-8 bytes, until a key comes or goes. */
  sorted: readonly Buffer[] | undefined
}

/** All there is. */
export interface World {
  readonly buckets: Map<string, Bucket>
  readonly minPartBytes: number
  readonly pageEntries: number
  readonly like: 'aws' | 'radosgw'
  readonly repeatedComplete: 'same' | 'preconditionFailed' | 'noSuchUpload'
  /** Epoch milliseconds, by the server's clock. */
  now(): number
}

/** Whose buckets they all are. */
export const ownerId = '000000000000'

export function newId(): string {
  return randomBytes(24).toString('base64url')
}

export const isMarker = (version: Version | DeleteMarker | undefined): version is DeleteMarker =>
  version !== undefined && 'deleteMarker' in version

export function bucketNamed(world: World, name: string): Bucket {
  const bucket = world.buckets.get(name)
  if (!bucket) throw new S3Failure('NoSuchBucket', undefined, { details: { BucketName: name } })
  return bucket
}

/** What a reader sees at a key. */
export function currentOf(bucket: Bucket, key: string): Version | undefined {
  const newest = bucket.keys.get(key)?.at(-1)
  return isMarker(newest) ? undefined : newest
}

/** Makes a version the newest: besides the others with versioning, in place of the one named `null` without. */
export function addVersion<V extends Version | DeleteMarker>(bucket: Bucket, key: string, version: Omit<V, 'versionId'>): V {
  const versionId = bucket.versioning === 'Enabled' ? newId() : 'null'
  const kept = (bucket.keys.get(key) ?? []).filter(known => known.versionId !== versionId)
  if (!bucket.keys.has(key)) bucket.sorted = undefined
  const added = { ...version, versionId } as V
  bucket.keys.set(key, [...kept, added])
  return added
}

/** Replaces a version by a changed one (its tags), or takes it away. */
export function replaceVersion(bucket: Bucket, key: string, versionId: string, by?: Version): void {
  const versions = bucket.keys.get(key) ?? []
  const left = versions.flatMap(version => (version.versionId !== versionId ? [version] : by ? [by] : []))
  if (left.length > 0) bucket.keys.set(key, left)
  else if (bucket.keys.delete(key)) bucket.sorted = undefined
}

/** The keys, ascending by their UTF-8 bytes. */
export function sortedKeys(bucket: Bucket): readonly Buffer[] {
  bucket.sorted ??= [...bucket.keys.keys()].map(key => Buffer.from(key)).sort(Buffer.compare)
  return bucket.sorted
}
