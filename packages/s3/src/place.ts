import { ConfigError, type Place } from '@millrace/etl-core'
import { checkKey } from '@millrace/objects'

/** A bucket and what the keys of a place begin with. */
export interface BucketPlace {
  readonly bucket: string
  /** Without a slash at its end; empty for the whole bucket. */
  readonly prefix: string
}

/**
 * Why a text cannot be a bucket's name, or `undefined` if it can.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function bucketProblem(bucket: string): string | undefined {
  const shown = JSON.stringify(bucket)
  if (typeof bucket !== 'string' || bucket === '') return 'a bucket is needed'
  if (bucket.startsWith('arn:')) return `bucket ${shown} is an ARN: give the access point's alias instead`
  if (!/^[a-z0-9.-]{3,63}$/.test(bucket))
    return `bucket ${shown}: names have 3 to 63 lower-case letters, digits, dots and hyphens`
  if (!/^[a-z0-9].*[a-z0-9]$/.test(bucket) || bucket.includes('..'))
    return `bucket ${shown}: names begin and end with a letter or digit and hold no two dots in a row`
  if (/^\d+\.\d+\.\d+\.\d+$/.test(bucket)) return `bucket ${shown}: a name cannot look like an IP address`
  // They list in no order, and resuming a listing relies on one.
  if (bucket.endsWith('--x-s3')) return `bucket ${shown} is a directory bucket, which lists its objects in no order`
  return undefined
}

/**
 * The bucket and prefix of a place `s3://bucket/prefix`. The prefix is taken as it is written, without percent-decoding.
 *
 * @throws ConfigError `ETL_PLACE_INVALID`, `ETL_PLACE_SECRET` for a user.
 */
export function bucketPlace({ rest, shown }: Place): BucketPlace {
  const refuse = (code: string, problem: string) =>
    new ConfigError(code, `The place ${shown} cannot be opened: ${problem}. Write s3://bucket or s3://bucket/prefix.`, {
      context: { place: shown },
    })
  if (!rest.startsWith('//')) throw refuse('ETL_PLACE_INVALID', 'two slashes come before the bucket')
  const path = rest.slice(2)
  const slash = path.indexOf('/')
  const bucket = slash === -1 ? path : path.slice(0, slash)
  if (bucket.includes('@'))
    throw refuse('ETL_PLACE_SECRET', 'it holds a user; credentials come from the environment, a profile or a role')
  if (/[?#]/.test(path)) throw refuse('ETL_PLACE_INVALID', '? and # cannot stand in a place')
  const problem = bucketProblem(bucket)
  if (problem) throw refuse('ETL_PLACE_INVALID', problem)
  const prefix = slash === -1 ? '' : path.slice(slash + 1).replace(/\/$/, '')
  if (prefix !== '') checkPrefix(prefix, refuse)
  return { bucket, prefix }
}

function checkPrefix(prefix: string, refuse: (code: string, problem: string) => ConfigError): void {
  try {
    checkKey(prefix)
  } catch (error) {
    throw refuse('ETL_PLACE_INVALID', (error as Error).message.replace(/\.$/, ''))
  }
}
