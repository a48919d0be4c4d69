import { credentialsAdvice, expiredAdvice, byNetworkCode as networkErrors } from '@millrace/aws'
import type { RetryVerdict } from '@millrace/etl-core'

/**
 * What an error means for whoever runs a pipeline.
 *
 * `object`: it is not there. `conflict`: a precondition does not hold. `config`: the set-up is wrong, before anything was asked of S3.
 * The others are parts of codes: `DENIED` becomes `ETL_SOURCE_DENIED` or `ETL_SINK_DENIED`.
 */
export type Meaning =
  | 'object'
  | 'conflict'
  | 'config:CREDENTIALS'
  | 'config:REGION'
  | 'config:INVALID'
  | 'NOT_FOUND'
  | 'DENIED'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'FULL'
  | 'TOO_LARGE'
  | 'REFUSED'

/** One row: what it means and what to do about it. */
export interface Row {
  readonly meaning: Meaning
  readonly advice: string
  /** Only where it is not the meaning's own, see {@link retryByMeaning}. */
  readonly retry?: RetryVerdict
}

const row = (meaning: Meaning, advice = '', retry?: RetryVerdict): Row => ({ meaning, advice, ...(retry ? { retry } : {}) })

const expired = row(
  'DENIED',
  expiredAdvice,
  // Renewed, it may do what it did a moment ago. A load that is never to be tried again would be given up, and read from its start.
  'later',
)
const slowDown = row(
  'RATE_LIMITED',
  'S3 asks for fewer requests at a time for these keys: lower the concurrency, or spread the keys.',
)
const damaged = row('UNAVAILABLE', 'Bytes were damaged or lost on the way.')
const kms = row(
  'DENIED',
  'The KMS key cannot be used: check that it exists, is enabled, and that its policy allows these credentials.',
)
const otherRegion = row('config:REGION', '')
const busy = row('UNAVAILABLE', 'Others write the same object at the same time.')

/**
 * By S3's error code, or the SDK's error name. What surprises has the page beside it; without one:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (read 2026-11).
 */
export const byName: Readonly<Record<string, Row>> = {
  NoSuchKey: row('object'),
  NotFound: row('object'),
  NoSuchVersion: row('object'),
  // GET with the version id of a delete marker: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
  MethodNotAllowed: row('object'),
  PreconditionFailed: row('conflict'),
  // The write may succeed when all of it is sent again: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  ConditionalRequestConflict: busy,
  OperationAborted: busy,

  NoSuchBucket: row('NOT_FOUND', 'Create the bucket, or correct its name.'),
  InvalidBucketName: row('REFUSED', 'Correct the name of the bucket.'),
  NoSuchUpload: row('UNAVAILABLE', 'The upload was ended by someone else, perhaps by a lifecycle rule; it has to be made anew.'),
  InvalidPart: row('UNAVAILABLE', 'A part of the upload is gone or was written by someone else; it has to be made anew.'),

  // Also for an object that is not there, unless s3:ListBucket is allowed: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  AccessDenied: row(
    'DENIED',
    'The credentials are good but not allowed to do this: see the policies of the user or role, of the bucket, and of its KMS key. Without s3:ListBucket, S3 says the same of an object that is not there.',
  ),
  Forbidden: row('DENIED', 'See the policies of the user or role, and of the bucket.'),
  AllAccessDisabled: row('DENIED', 'The bucket was closed by its owner or by AWS.'),
  AccountProblem: row('DENIED', 'The AWS account has a problem: its owner must see to it.'),
  InvalidAccessKeyId: row(
    'DENIED',
    'Nobody has this access key: check AWS_ACCESS_KEY_ID or the profile, and whether the key was deleted.',
  ),
  SignatureDoesNotMatch: row(
    'DENIED',
    'The secret key is not the one of this access key, or a proxy changes requests: check AWS_SECRET_ACCESS_KEY or the profile.',
  ),
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: row('DENIED', 'The session token does not belong to the access key: check AWS_SESSION_TOKEN.'),
  RequestTimeTooSkewed: row('DENIED', "Set this computer's clock."),
  RequestExpired: row('DENIED', "Set this computer's clock."),
  InvalidObjectState: row('DENIED', 'The object is archived: restore it first.'),
  CredentialsProviderError: row('config:CREDENTIALS', credentialsAdvice),
  TokenProviderError: row('config:CREDENTIALS', 'Sign in again: `aws sso login`.'),

  PermanentRedirect: otherRegion,
  TemporaryRedirect: otherRegion,
  Redirect: otherRegion,
  AuthorizationHeaderMalformed: otherRegion,
  IllegalLocationConstraintException: otherRegion,
  EndpointError: row('config:INVALID', 'Check the region, the endpoint and the name of the bucket.'),

  SlowDown: slowDown,
  // 503 with this code also says "reduce your request rate".
  ServiceUnavailable: slowDown,
  Throttling: slowDown,
  ThrottlingException: slowDown,
  RequestLimitExceeded: slowDown,
  TooManyRequests: slowDown,
  TooManyRequestsException: slowDown,
  BandwidthLimitExceeded: slowDown,

  InternalError: row('UNAVAILABLE', 'S3 had an internal error.'),
  // A 400, though it says that the connection stood still; S3 asks to try again.
  RequestTimeout: row('UNAVAILABLE', 'The connection stood still for too long.'),
  TimeoutError: row('UNAVAILABLE', 'No answer came in time.'),
  IncompleteBody: damaged,
  BadDigest: damaged,
  InvalidDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,

  QuotaExceeded: row('FULL', 'The quota is used up: free some space, then run again; what was saved stays.'),
  XMinioStorageFull: row('FULL', 'The server has no space left: free some, then run again; what was saved stays.'),
  EntityTooLarge: row('TOO_LARGE', 'It is larger than S3 takes: split it into several objects.'),
  MaxMessageLengthExceeded: row('TOO_LARGE', 'It is larger than S3 takes: split it into several objects.'),
  KeyTooLongError: row('REFUSED', 'S3 takes keys of up to 1,024 bytes in UTF-8: choose a shorter path.'),
  MetadataTooLarge: row('REFUSED', 'S3 takes 2 KB of metadata for an object.'),
  NotImplemented: row('REFUSED', 'The server does not know this operation.'),
}

/** By the code of network errors. What is not here and has no HTTP status is not S3's. */
export const byNetworkCode: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(
    Object.entries(networkErrors).map(([code, { advice, retry }]) => [code, row('UNAVAILABLE', advice, retry)]),
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: row(
    'UNAVAILABLE',
    "The server's certificate is for another host: with dots in a bucket's name, set forcePathStyle.",
    'never',
  ),
}

/** By HTTP status, where no code was sent or it is not listed. */
export function byStatus(status: number): Row {
  if (status === 401 || status === 403) return row('DENIED', 'See the policies of the user or role, and of the bucket.')
  if (status === 404) return row('NOT_FOUND', 'Check the bucket and the endpoint.')
  if (status === 301 || status === 307) return otherRegion
  if (status === 408 || status === 409) return row('UNAVAILABLE')
  if (status === 412) return row('conflict')
  if (status === 413) return row('TOO_LARGE', 'It is larger than the server takes.')
  if (status === 429 || status === 503) return slowDown
  if (status === 507) return row('FULL', 'The server has no space left.')
  if (status >= 500) return row('UNAVAILABLE', 'The server had an error.')
  // The SDK could not make sense of an answer: a proxy's page, a server that is not S3.
  if (status < 400) return row('UNAVAILABLE', 'The answer is not one of S3: check the endpoint, and proxies on the way.')
  return row('REFUSED')
}

/** All errors of KMS have its name before a dot. */
export const kmsRow = (name: string): Row | undefined => (name.startsWith('KMS.') ? kms : undefined)

/** Whether another try may help. */
export function retryByMeaning(meaning: Meaning): RetryVerdict {
  return meaning === 'UNAVAILABLE' || meaning === 'RATE_LIMITED' || meaning === 'FULL' ? 'later' : 'never'
}
