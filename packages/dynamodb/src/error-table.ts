import { credentialsAdvice, expiredAdvice } from '@millrace/aws'
import type { RetryVerdict } from '@millrace/etl-core'

/**
 * What an error means for whoever runs a pipeline. `TABLE`: it is not there, or its keys are others. `config:…`: the set-up is wrong, before
 * anything was asked of DynamoDB. The others are ends of codes: `ETL_STATE_DENIED`.
 */
export type Meaning =
  | 'TABLE'
  | 'UNAVAILABLE'
  | 'DENIED'
  | 'FULL'
  | 'REFUSED'
  | 'config:CREDENTIALS'
  | 'config:REGION'
  | 'config:INVALID'

/** One row: what it means and what to do about it. */
export interface Row {
  readonly meaning: Meaning
  readonly advice: string
  /** Only where it is not the meaning's own, see {@link retryByMeaning}. */
  readonly retry?: RetryVerdict
}

const row = (meaning: Meaning, advice: string, retry?: RetryVerdict): Row => ({ meaning, advice, ...(retry ? { retry } : {}) })

const slow = row(
  'UNAVAILABLE',
  'The table takes no more requests just now. What was saved stays; run again later, raise its capacity, or bill it by request.',
)
const broken = row('UNAVAILABLE', 'DynamoDB had an internal error.')
const busy = row('UNAVAILABLE', 'Others write the same item at the same time.')
const keys = row(
  'DENIED',
  'Nobody has this access key, or the secret is not the one of it: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile.',
)
// Renewed, it may do what it did a moment ago. A load that is never to be tried again would be given up, and read from its start.
const expired = row('DENIED', expiredAdvice, 'later')

/**
 * By DynamoDB's code, or the SDK's error name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html (read 2026-12).
 */
export const byName: Readonly<Record<string, Row>> = {
  // Also of a table that is still being created.
  ResourceNotFoundException: row('TABLE', ''),

  ProvisionedThroughputExceededException: slow,
  ThrottlingException: slow,
  Throttling: slow,
  RequestLimitExceeded: row(
    'UNAVAILABLE',
    "The account's limit of requests in this region is reached: have it raised, or run again later.",
  ),
  TooManyRequestsException: slow,

  InternalServerError: broken,
  InternalFailure: broken,
  ServiceUnavailable: broken,
  ServiceUnavailableException: broken,
  TransactionConflictException: busy,
  // Of global tables with strong consistency between regions.
  ReplicatedWriteConflictException: busy,
  TimeoutError: row('UNAVAILABLE', 'No answer came in time.'),

  AccessDeniedException: row(
    'DENIED',
    'The credentials are good but not allowed to do this: the role needs dynamodb:GetItem, PutItem, DeleteItem and Query on the table, and the use of its KMS key if it has one.',
  ),
  UnrecognizedClientException: keys,
  InvalidClientTokenId: keys,
  InvalidSignatureException: row(
    'DENIED',
    "The secret key is not the one of this access key, or this computer's clock is wrong: check AWS_SECRET_ACCESS_KEY or the profile.",
  ),
  IncompleteSignatureException: keys,
  IncompleteSignature: keys,
  MissingAuthenticationTokenException: keys,
  MissingAuthenticationToken: keys,
  ExpiredTokenException: expired,
  ExpiredToken: expired,
  OptInRequired: row('DENIED', 'The account does not use DynamoDB in this region yet.'),
  RequestExpired: row('DENIED', "Set this computer's clock."),

  ItemCollectionSizeLimitExceededException: row(
    'FULL',
    'The table has a local secondary index, and then takes 10 GB for one pipeline: use a table without one.',
    'never',
  ),
  RequestEntityTooLarge: row('REFUSED', 'It is larger than DynamoDB takes.'),
  CredentialsProviderError: row('config:CREDENTIALS', credentialsAdvice),
  TokenProviderError: row('config:CREDENTIALS', 'Sign in again: `aws sso login`.'),
  EndpointError: row('config:INVALID', 'Check the region and the endpoint.'),
}

/** Of ValidationException there is one, and its words tell what it is about. They are those of a table whose keys are others. */
export const byWords: readonly (readonly [RegExp, Row])[] = [
  [
    /key element does not match|missing the key|type mismatch for key|missed key schema|key condition not supported|does not match schema type/i,
    row('TABLE', ''),
  ],
  [/size.*exceeded/i, row('REFUSED', 'It is larger than DynamoDB takes.')],
]

export const regionMissing: Row = row('config:REGION', 'Set AWS_REGION, a region in the profile, or the option `region`.')

/** By HTTP status, where no code was sent or it is not listed. */
export function byStatus(status: number): Row {
  if (status === 401 || status === 403) return row('DENIED', 'See the policies of the user or role, and proxies on the way.')
  if (status === 408) return row('UNAVAILABLE', 'No answer came in time.')
  if (status === 429) return slow
  if (status >= 500) return row('UNAVAILABLE', 'The server had an error.')
  // The SDK could not make sense of an answer: a proxy's page, a server that is not DynamoDB.
  if (status < 400) return row('UNAVAILABLE', 'The answer is not one of DynamoDB: check the endpoint, and proxies on the way.')
  return row('REFUSED', 'Check the endpoint and the version of this package.')
}

/** Whether another try may help. */
export const retryByMeaning = (meaning: Meaning): RetryVerdict => (meaning === 'UNAVAILABLE' ? 'later' : 'never')
