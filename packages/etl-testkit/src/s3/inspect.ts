import { remove } from './operations/delete.js'
import { handlers } from './operations/index.js'
import { bucketNamed, currentOf, sortedKeys, type Version, type World } from './world.js'

/** An object as it lies in a bucket. */
export interface S3Object {
  readonly key: string
  readonly bytes: Uint8Array
  /** Without quotes. */
  readonly etag: string
  readonly contentType: string
  /** Names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  /** All headers a read gives back: Cache-Control, Content-Encoding, metadata … */
  readonly headers: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly storageClass: string
  /** `x-amz-server-side-encryption` and its like. */
  readonly encryption: Readonly<Record<string, string>>
  /** Base64; `value` ends in `-<parts>` for a composite one. */
  readonly checksum?: { readonly algorithm: string; readonly value: string; readonly type: 'FULL_OBJECT' | 'COMPOSITE' }
  /** `null` without versioning. */
  readonly versionId: string
  readonly modifiedAtMs: number
  /** Bytes of each part, if it was a multipart upload. */
  readonly partSizes?: readonly number[]
}

/** What {@link S3Object}s are put with directly. */
export interface S3PutOptions {
  readonly contentType?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly storageClass?: string
}

/** A multipart upload that is neither completed nor aborted: paid for, and seen by no reader. */
export interface S3UnfinishedUpload {
  readonly key: string
  readonly uploadId: string
  readonly startedAtMs: number
  readonly parts: readonly { readonly partNumber: number; readonly bytes: number }[]
}

export function objectAt(world: World, bucket: string, key: string): S3Object | undefined {
  const version = currentOf(bucketNamed(world, bucket), key)
  return version && described(key, version)
}

function described(key: string, { body, checksum, partSizes, ...version }: Version): S3Object {
  const metadata = Object.entries(version.headers).filter(([name]) => name.startsWith('x-amz-meta-'))
  return {
    ...version,
    key,
    bytes: body,
    contentType: version.headers['content-type'] ?? '',
    metadata: Object.fromEntries(metadata.map(([name, value]) => [name.slice('x-amz-meta-'.length), value])),
    tags: Object.fromEntries(version.tags),
    ...(checksum ? { checksum } : {}),
    ...(partSizes ? { partSizes } : {}),
  }
}

/** What a reader sees: bytes by key, in the order of a listing. */
export function objectsOf(world: World, name: string): ReadonlyMap<string, Uint8Array> {
  const bucket = bucketNamed(world, name)
  const pairs = sortedKeys(bucket).flatMap(bytes => {
    const version = currentOf(bucket, bytes.toString())
    return version ? [[bytes.toString(), version.body as Uint8Array] as const] : []
  })
  return new Map(pairs)
}

export function unfinishedIn(world: World, name: string): S3UnfinishedUpload[] {
  return [...bucketNamed(world, name).uploads.values()].map(({ id, key, startedAtMs, parts }) => ({
    key,
    uploadId: id,
    startedAtMs,
    parts: [...parts].sort(([a], [b]) => a - b).map(([partNumber, { body }]) => ({ partNumber, bytes: body.length })),
  }))
}

/** Puts an object without a request: no log entry, no fault. */
export function putDirectly(world: World, bucket: string, key: string, body: Uint8Array | string, options: S3PutOptions = {}) {
  const metadata = Object.entries(options.metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name.toLowerCase()}`, value])
  const headers = {
    ...Object.fromEntries(metadata),
    'content-type': options.contentType,
    'x-amz-storage-class': options.storageClass,
    'x-amz-tagging': options.tags && new URLSearchParams(options.tags).toString(),
  }
  const call = { world, method: 'PUT', bucket, key, query: new Map(), headers, region: '' }
  handlers.PutObject({ ...call, body: Buffer.from(body) })
  return objectAt(world, bucket, key)!
}

export function deleteDirectly(world: World, bucket: string, key: string): void {
  remove(world, bucketNamed(world, bucket), { key })
}
