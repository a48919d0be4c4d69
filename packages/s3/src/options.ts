import type { S3Client, S3ClientConfig, ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3'
import { endpointProblems } from '@millrace/aws'
import { ConfigError } from '@millrace/etl-core'
import { checkKey } from '@millrace/objects'
import { bucketProblem } from './place.js'
import { writeIdKey } from './write-id.js'

/** How S3 is reached. Everything has a default: credentials and region come from where the AWS SDK finds them. */
export interface S3ClientOptions {
  /** A ready client. What is said here of region, endpoint, credentials and attempts then has no effect, and its owner closes it. */
  readonly client?: S3Client
  /** Default: `AWS_REGION`, or the profile's; `us-east-1` with an endpoint of your own. */
  readonly region?: string
  /**
   * The address of a server that speaks S3: `http://127.0.0.1:9000`. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, the
   * profile's `endpoint_url`, else AWS itself. Without user and password.
   */
  readonly endpoint?: string
  /** The bucket in the path instead of the host name. Default: true with an endpoint of your own, else false. */
  readonly forcePathStyle?: boolean
  /** Access keys or a function that gets them. Default: environment, profile, container or instance role, as the SDK looks for them. */
  readonly credentials?: S3ClientConfig['credentials']
  /** Attempts at a request, the first one included, with growing waits between them. Default `AWS_MAX_ATTEMPTS`, else 5. */
  readonly maxAttempts?: number
}

/** How objects are written. */
export interface S3WriteOptions {
  /** The size of an upload's parts, bytes, 5 MiB to 5 GiB. Default 8 MiB. Parts grow with an object that would need more than 10,000. */
  readonly partBytes?: number
  /** Parts in memory at once, for each object being written. Default 2. */
  readonly partsInFlight?: number
  /** Default: what the bucket does by itself. */
  readonly serverSideEncryption?: ServerSideEncryption
  /** For `aws:kms`: id, alias or ARN of the key. Default: the account's own key for S3. */
  readonly kmsKeyId?: string
  /** Default `STANDARD`. */
  readonly storageClass?: StorageClass
  /**
   * User metadata of every object; values outside printable ASCII are percent-encoded. Published objects have `loadId`, `pipeline` and
   * `group` besides, so those names are taken.
   */
  readonly metadata?: Readonly<Record<string, string>>
  /** Tags of every object; needs `s3:PutObjectTagging`. */
  readonly tags?: Readonly<Record<string, string>>
  /** The account a bucket must belong to, 12 digits: requests to a bucket that someone else took the name of are refused. */
  readonly expectedBucketOwner?: string
}

/** What {@link s3With} can be told: everything but the place. */
export interface S3PlaceOptions extends S3ClientOptions, S3WriteOptions {}

/** What {@link s3Store} can be told. */
export interface S3Options extends S3PlaceOptions {
  readonly bucket: string
  /** Objects lie below `<prefix>/`. Default: in the bucket's root. */
  readonly prefix?: string
  /** How the store is called in reports. Default `s3://bucket/prefix`. */
  readonly place?: string
}

/** Options with their defaults. */
export interface Settings extends S3Options {
  /** Ends with a slash, unless it is empty. */
  readonly keyPrefix: string
  readonly place: string
  readonly partBytes: number
  readonly partsInFlight: number
}

const mebibyte = 1024 * 1024
/** Set by sinks and by every write. */
const ownMetadata = new Set(['loadid', 'pipeline', 'group', writeIdKey])
/** All that {@link settingsOf} takes. */
export const optionNames: ReadonlySet<string> = new Set([
  ...['client', 'region', 'endpoint', 'forcePathStyle', 'credentials', 'maxAttempts'],
  ...[
    'partBytes',
    'partsInFlight',
    'serverSideEncryption',
    'kmsKeyId',
    'storageClass',
    'metadata',
    'tags',
    'expectedBucketOwner',
  ],
  ...['bucket', 'prefix', 'place'],
])

/**
 * Checks options and fills in defaults.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 */
export function settingsOf(options: S3Options): Settings {
  const { bucket, partBytes = 8 * mebibyte, partsInFlight = 2 } = options
  const prefix = options.prefix?.replace(/\/$/, '') ?? ''
  const place = options.place ?? (prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`)
  const problems = [bucketProblem(bucket), prefixProblem(prefix), ...placeOptionProblems(options)].filter(
    each => each !== undefined,
  )
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Options for S3 are not valid: ${problems.join('; ')}.`)
  return { ...options, keyPrefix: prefix === '' ? '' : `${prefix}/`, place, partBytes, partsInFlight }
}

/**
 * Checks what {@link s3With} is told, before there is a place.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 */
export function checkPlaceOptions(options: S3PlaceOptions): void {
  const problems = placeOptionProblems(options)
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Options for S3 are not valid: ${problems.join('; ')}.`)
}

function placeOptionProblems(options: S3PlaceOptions): string[] {
  const { endpoint, partBytes, partsInFlight, maxAttempts, tags, metadata, kmsKeyId, serverSideEncryption, expectedBucketOwner } =
    options
  const problems: string[] = []
  const unknown = Object.keys(options).filter(key => !optionNames.has(key))
  if (unknown.length > 0) problems.push(`unknown: ${unknown.join(', ')}`)
  const inRange = (name: string, value: number | undefined, min: number, max: number) => {
    if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max))
      problems.push(`${name} must be a whole number from ${min} to ${max}`)
  }
  inRange('partBytes', partBytes, 5 * mebibyte, 5 * 1024 * mebibyte)
  inRange('partsInFlight', partsInFlight, 1, 100)
  inRange('maxAttempts', maxAttempts, 1, 100)
  if (endpoint !== undefined) problems.push(...endpointProblems('endpoint', endpoint))
  if (kmsKeyId !== undefined && !serverSideEncryption?.startsWith('aws:kms'))
    problems.push('kmsKeyId goes with serverSideEncryption "aws:kms" only')
  if (tags && Object.keys(tags).length > 10) problems.push('tags: S3 takes up to 10 of an object')
  if (expectedBucketOwner !== undefined && !/^\d{12}$/.test(expectedBucketOwner))
    problems.push('expectedBucketOwner is an account number of 12 digits')
  for (const name of Object.keys(metadata ?? {}))
    if (!/^[A-Za-z0-9-_.]+$/.test(name)) problems.push(`metadata: ${JSON.stringify(name)} cannot be a header's name`)
    else if (ownMetadata.has(name.toLowerCase()))
      problems.push(`metadata: ${JSON.stringify(name)} is what published objects say of themselves, choose another name`)
  return problems
}

function prefixProblem(prefix: string): string | undefined {
  if (prefix === '') return undefined
  try {
    checkKey(prefix)
    return undefined
  } catch (error) {
    return `prefix: ${(error as Error).message.replace(/\.$/, '')}`
  }
}
