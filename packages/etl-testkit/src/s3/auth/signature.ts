import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What a signature was made with, its secret aside: `20260131/us-east-1/s3/aws4_request`. */
export interface Scope {
  /** YYYYMMDD */
  readonly day: string
  readonly region: string
  readonly service: string
}

/** SHA-256 in hex. Texts are taken byte for byte: headers come as one character per byte. */
export function sha256Hex(data: Buffer | string): string {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return createHash('sha256').update(bytes).digest('hex')
}

const hmac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data, 'latin1').digest()

/** The key of a day, region and service. */
export function signingKey(secret: string, { day, region, service }: Scope): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request')
}

/** The scope as it stands in what is signed. */
export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/aws4_request`
}

/** The signature of a whole request. */
export function requestSignature(key: Buffer, dateTime: string, scope: string, canonicalRequest: string): string {
  return hmac(key, ['AWS4-HMAC-SHA256', dateTime, scope, sha256Hex(canonicalRequest)].join('\n')).toString('hex')
}

/** What the signatures within a body chain on. */
export interface ChunkSigner {
  readonly key: Buffer
  readonly dateTime: string
  readonly scope: string
  /** The request's own signature. */
  readonly seed: string
}

const emptyHash = sha256Hex('')

/** The signature of one chunk of the body, from that of the chunk before. */
export function chunkSignature(signer: ChunkSigner, previous: string, chunk: Buffer): string {
  const text = ['AWS4-HMAC-SHA256-PAYLOAD', signer.dateTime, signer.scope, previous, emptyHash, sha256Hex(chunk)]
  return hmac(signer.key, text.join('\n')).toString('hex')
}

/** The signature of the trailers: `name:value` lines, each ended by a line feed. */
export function trailerSignature(signer: ChunkSigner, previous: string, trailers: string): string {
  const text = ['AWS4-HMAC-SHA256-TRAILER', signer.dateTime, signer.scope, previous, sha256Hex(trailers)]
  return hmac(signer.key, text.join('\n')).toString('hex')
}

/** Compares signatures. */
export function sameSignature(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
