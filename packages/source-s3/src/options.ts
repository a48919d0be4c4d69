import { ConfigError, type ObjectSourceOptions } from '@millrace/etl-core'
import type { S3ClientOptions, S3WriteOptions } from '@millrace/s3'

/** One object, and which version of it: what an event of S3 tells. */
export interface S3ObjectRef {
  readonly key: string
  /** Read this version, also when it is not the newest. Needs `s3:GetObjectVersion`. */
  readonly versionId?: string
  /** Read only if the object has this etag, with or without quotes; else the group fails with `ETL_SOURCE_REPLACED`. */
  readonly etag?: string
}

/** What {@link s3Source} can be told: which objects, how to read them, and how S3 is reached. */
export interface S3SourceOptions<T>
  extends Omit<ObjectSourceOptions<T>, 'keys'>,
    S3ClientOptions,
    Pick<S3WriteOptions, 'expectedBucketOwner'> {
  readonly bucket: string
  /** Exactly these objects, instead of a listing: keys, or keys with their version or etag. */
  readonly keys?: readonly (string | S3ObjectRef)[]
}

/** What `keys` says of each object that is not only a key. */
export function refsOf<T>({ keys }: S3SourceOptions<T>): ReadonlyMap<string, S3ObjectRef> {
  const refs = new Map<string, S3ObjectRef>()
  const problems: string[] = []
  for (const each of keys ?? []) {
    if (typeof each === 'string') continue
    const unknown = Object.keys(each).filter(name => !['key', 'versionId', 'etag'].includes(name))
    if (unknown.length > 0) problems.push(`${JSON.stringify(each.key)} in "keys" has an unknown ${unknown.join(', ')}`)
    refs.set(each.key, each.etag === undefined ? each : { ...each, etag: each.etag.replace(/^"|"$/g, '') })
  }
  if (problems.length > 0)
    throw new ConfigError('ETL_CONFIG_INVALID', `Options of s3Source are not valid: ${problems.join('; ')}.`)
  return refs
}
