import { S3Failure } from '../errors.js'
import { canonicalRequest } from './canonical.js'
import { type Claim, claimOf } from './claim.js'
import type { Incoming } from './incoming.js'
import { type ChunkSigner, requestSignature, sameSignature, scopeText, sha256Hex, signingKey } from './signature.js'

/** Who may sign. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** With one the credentials are temporary: every request has to bring it. */
  readonly sessionToken?: string
  /** Epoch milliseconds by the server's clock; from then on they are answered with ExpiredToken. */
  readonly expiresAtMs?: number
}

/** A request whose signature holds. */
export interface Identity {
  readonly accessKeyId: string
  readonly region: string
  /** What the request says of its payload: a hash, `UNSIGNED-PAYLOAD` or one of `STREAMING-…`. */
  readonly payload: string
  readonly signer: ChunkSigner
}

/** What a signature is judged by. */
export interface Judge {
  find(accessKeyId: string): S3Credentials | undefined
  readonly nowMs: number
}

/** Lets a request pass if it is signed by known credentials, now, and whole. Nothing of the body is looked at. */
export function authenticate(request: Incoming, judge: Judge): Identity {
  const claim = claimOf(request)
  const credentials = judge.find(claim.accessKeyId)
  // Temporary credentials without their token are as good as unknown.
  if (!credentials || (credentials.sessionToken !== undefined && claim.sessionToken === undefined))
    throw new S3Failure('InvalidAccessKeyId', undefined, { details: { AWSAccessKeyId: claim.accessKeyId } })
  if (credentials.sessionToken !== claim.sessionToken) throw new S3Failure('InvalidToken')
  if (credentials.expiresAtMs !== undefined && credentials.expiresAtMs <= judge.nowMs) throw new S3Failure('ExpiredToken')
  checkScope(claim)
  checkTime(claim, judge.nowMs)
  checkSigned(request, claim)
  return checkSignature(request, claim, credentials)
}

function checkScope({ scope, dateTime, expiresInSeconds }: Claim): void {
  const code = expiresInSeconds === undefined ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError'
  if (scope.service !== 's3') throw new S3Failure(code, `incorrect service "${scope.service}". This endpoint belongs to "s3".`)
  if (!dateTime.startsWith(scope.day))
    throw new S3Failure(
      code,
      `Invalid credential date "${scope.day}". This date is not the same as X-Amz-Date: "${dateTime.slice(0, 8)}".`,
    )
}

const allowedSkewMs = 900_000

function checkTime({ dateTime, expiresInSeconds }: Claim, nowMs: number): void {
  const signedAtMs = Date.parse(dateTime.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'))
  const iso = (ms: number) => new Date(ms).toISOString()
  if (expiresInSeconds === undefined) {
    // A date that is none is NaN, and fails here too.
    if (Math.abs(nowMs - signedAtMs) <= allowedSkewMs) return
    const details = { RequestTime: dateTime, ServerTime: iso(nowMs), MaxAllowedSkewMilliseconds: allowedSkewMs }
    throw new S3Failure('RequestTimeTooSkewed', undefined, { details })
  }
  if (nowMs < signedAtMs - allowedSkewMs) throw new S3Failure('AccessDenied', 'Request is not yet valid')
  const endsAtMs = signedAtMs + expiresInSeconds * 1000
  if (nowMs <= endsAtMs) return
  const details = { 'X-Amz-Expires': expiresInSeconds, Expires: iso(endsAtMs), ServerTime: iso(nowMs) }
  throw new S3Failure('AccessDenied', 'Request has expired', { details })
}

/** Whatever S3 acts on has to be under the signature: the host and every `x-amz-` header. */
function checkSigned({ headers }: Incoming, { signedHeaders }: Claim): void {
  const unsigned = Object.keys(headers).filter(
    name => (name === 'host' || name.startsWith('x-amz-')) && !signedHeaders.includes(name),
  )
  if (unsigned.length === 0) return
  const details = { HeadersNotSigned: unsigned.join(', ') }
  throw new S3Failure('AccessDenied', 'There were headers present in the request which were not signed', { details })
}

function checkSignature(request: Incoming, claim: Claim, credentials: S3Credentials): Identity {
  const key = signingKey(credentials.secretAccessKey, claim.scope)
  const scope = scopeText(claim.scope)
  const canonical = canonicalRequest(request, claim.signedHeaders, claim.payload)
  if (!sameSignature(requestSignature(key, claim.dateTime, scope, canonical), claim.signature)) {
    const details = {
      AWSAccessKeyId: claim.accessKeyId,
      SignatureProvided: claim.signature,
      StringToSign: ['AWS4-HMAC-SHA256', claim.dateTime, scope, sha256Hex(canonical)].join('\n'),
      CanonicalRequest: canonical,
    }
    throw new S3Failure('SignatureDoesNotMatch', undefined, { details })
  }
  const signer = { key, dateTime: claim.dateTime, scope, seed: claim.signature }
  return { accessKeyId: claim.accessKeyId, region: claim.scope.region, payload: claim.payload, signer }
}
