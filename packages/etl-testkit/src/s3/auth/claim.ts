import { S3Failure } from '../errors.js'
import { type Incoming, queryValue } from './incoming.js'
import type { Scope } from './signature.js'

/** What a request says of its own signature. */
export interface Claim {
  readonly accessKeyId: string
  readonly scope: Scope
  /** YYYYMMDDTHHMMSSZ */
  readonly dateTime: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly sessionToken?: string
  /** What stands for the payload in the canonical request. */
  readonly payload: string
  /** A presigned address: for how many seconds it holds. */
  readonly expiresInSeconds?: number
}

/** Reads the claim out of the Authorization header or, of a presigned address, out of the query. */
export function claimOf(request: Incoming): Claim {
  const presigned = request.query.some(([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature')
  if (!presigned) return headerClaim(request)
  if (request.headers.authorization !== undefined)
    throw new S3Failure(
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
    )
  return presignedClaim(request)
}

function headerClaim({ headers }: Incoming): Claim {
  const { authorization } = headers
  if (authorization === undefined) throw new S3Failure('AccessDenied')
  if (!authorization.startsWith('AWS4-HMAC-SHA256'))
    throw new S3Failure(
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    )
  const match = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)\s*$/.exec(
    authorization,
  )
  if (!match) throw new S3Failure('AuthorizationHeaderMalformed')
  const dateTime = headers['x-amz-date'] ?? ''
  if (!dateTimePattern.test(dateTime))
    throw new S3Failure('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
  const payload = headers['x-amz-content-sha256']
  if (payload === undefined)
    throw new S3Failure('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  const token = headers['x-amz-security-token']
  return {
    ...credentialOf(match[1]!, 'AuthorizationHeaderMalformed'),
    dateTime,
    signedHeaders: match[2]!.split(';'),
    signature: match[3]!,
    payload,
    ...(token === undefined ? {} : { sessionToken: token }),
  }
}

const longestExpirySeconds = 604_800
const dateTimePattern = /^\d{8}T\d{6}Z$/

function presignedClaim({ query, headers }: Incoming): Claim {
  const wrong = (message: string) => new S3Failure('AuthorizationQueryParametersError', message)
  const needed = (name: string) => {
    const value = queryValue(query, name)
    if (!value)
      throw wrong(
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
      )
    return value
  }
  if (needed('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') throw wrong('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
  const dateTime = needed('X-Amz-Date')
  if (!dateTimePattern.test(dateTime)) throw wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  const expires = needed('X-Amz-Expires')
  if (!/^\d+$/.test(expires)) throw wrong('X-Amz-Expires should be a number')
  if (Number(expires) > longestExpirySeconds) throw wrong('X-Amz-Expires must be less than a week (in seconds) that is 604800')
  const token = queryValue(query, 'X-Amz-Security-Token')
  return {
    ...credentialOf(needed('X-Amz-Credential'), 'AuthorizationQueryParametersError'),
    dateTime,
    signedHeaders: needed('X-Amz-SignedHeaders').split(';'),
    signature: needed('X-Amz-Signature'),
    payload: queryValue(query, 'X-Amz-Content-Sha256') ?? headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
    expiresInSeconds: Number(expires),
    ...(token === undefined ? {} : { sessionToken: token }),
  }
}

function credentialOf(text: string, code: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError') {
  // The key may hold slashes, its scope not.
  const match = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(text)
  if (!match)
    throw new S3Failure(code, 'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
  return { accessKeyId: match[1]!, scope: { day: match[2]!, region: match[3]!, service: match[4]! } }
}
