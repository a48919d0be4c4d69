import type { Identity } from '../auth/authenticate.js'
import { sha256Hex } from '../auth/signature.js'
import { S3Failure } from '../errors.js'
import { type Checksum, verifyChecksum, verifyMd5 } from './checksums.js'
import { decodeChunks } from './chunked.js'

type Headers = Readonly<Record<string, string | undefined>>

/** A body that is what its sender says it is. */
export interface Payload {
  readonly body: Buffer
  /** The checksum that came with it and held. */
  readonly checksum?: Checksum
}

/**
 * Verifies a body against all that the request says of it: signed hash, chunk signatures, length, Content-MD5, checksum.
 *
 * @param checksumIsOf - `object`: the checksum headers speak of something else than this body (CompleteMultipartUpload).
 */
export function verifiedPayload(raw: Buffer, headers: Headers, identity: Identity, checksumIsOf: 'body' | 'object'): Payload {
  const { body, trailers } = decoded(raw, headers, identity)
  verifyMd5(headers['content-md5'], body)
  if (checksumIsOf === 'object') return { body }
  const checksum = verifyChecksum({ ...headers, ...trailers }, body)
  return checksum ? { body, checksum } : { body }
}

function decoded(raw: Buffer, headers: Headers, identity: Identity) {
  const { payload } = identity
  if (payload.startsWith('STREAMING-')) return decodedStream(raw, headers, identity)
  if (payload === 'UNSIGNED-PAYLOAD') return { body: raw, trailers: {} }
  if (!/^[0-9a-f]{64}$/.test(payload))
    throw new S3Failure(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of STREAMING-..., or a valid sha256 value.',
    )
  const computed = sha256Hex(raw)
  if (computed === payload) return { body: raw, trailers: {} }
  const details = { ClientComputedContentSHA256: payload, S3ComputedContentSHA256: computed }
  throw new S3Failure('XAmzContentSHA256Mismatch', undefined, { details })
}

/** By what the request says of its payload: are chunks signed, may trailers follow. */
const streams: Readonly<Record<string, { readonly signed: boolean; readonly trailers: boolean }>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailers: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailers: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailers: true },
}

function decodedStream(raw: Buffer, headers: Headers, { payload, signer }: Identity) {
  const stream = streams[payload]
  if (!stream) throw new S3Failure('InvalidArgument', `x-amz-content-sha256: ${payload} is not known.`)
  const length = headers['x-amz-decoded-content-length']
  if (length === undefined || !/^\d+$/.test(length)) throw new S3Failure('MissingContentLength')
  const announced = headers['x-amz-trailer']?.toLowerCase().split(',') ?? []
  const trailers = stream.trailers ? announced.map(name => name.trim()).filter(name => name !== '') : []
  const found = decodeChunks(raw, { trailers, ...(stream.signed ? { signer } : {}) })
  if (found.body.length !== Number(length)) throw new S3Failure('IncompleteBody')
  return found
}
