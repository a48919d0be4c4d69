import { type ChunkSigner, chunkSignature, sameSignature, trailerSignature } from '../auth/signature.js'
import { S3Failure } from '../errors.js'

/** What an `aws-chunked` body holds. */
export interface Decoded {
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
}

/** How the chunks of a body are to be read. */
export interface ChunkRules {
  /** Given if chunks, and trailers, carry signatures. */
  readonly signer?: ChunkSigner
  /** Names of the trailers that `x-amz-trailer` announced; none: the body has to end after the last chunk. */
  readonly trailers: readonly string[]
}

const smallestChunkBytes = 8192

/**
 * Decodes a body of `size[;chunk-signature=…]` CR LF data CR LF …, ended by a chunk of no bytes and trailers, and verifies all signatures
 * on the way. All chunks but the last must have 8 KiB: S3 insists, whoever streams small pieces through the SDK finds out there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function decodeChunks(raw: Buffer, rules: ChunkRules): Decoded {
  const chunks: Buffer[] = []
  let previous = rules.signer?.seed ?? ''
  let at = 0
  for (;;) {
    const header = lineAt(raw, at)
    const chunk = chunkAt(raw, header.next, sizeOf(header.text))
    if (rules.signer) previous = verifyChunk(rules.signer, previous, chunk, header.text)
    if (chunk.length === 0) {
      checkSizes(chunks)
      return { body: Buffer.concat(chunks), trailers: trailersOf(raw.subarray(header.next), rules, previous) }
    }
    chunks.push(chunk)
    at = header.next + chunk.length
    if (raw.toString('latin1', at, at + 2) !== '\r\n') throw new S3Failure('IncompleteBody')
    at += 2
  }
}

function lineAt(raw: Buffer, from: number) {
  const end = raw.indexOf('\r\n', from)
  if (end < 0) throw new S3Failure('IncompleteBody')
  return { text: raw.toString('latin1', from, end), next: end + 2 }
}

function sizeOf(header: string): number {
  const size = /^[0-9a-f]{1,12}(?=;|$)/i.exec(header)
  if (!size) throw new S3Failure('IncompleteBody')
  return Number.parseInt(size[0], 16)
}

function chunkAt(raw: Buffer, from: number, size: number): Buffer {
  if (from + size > raw.length) throw new S3Failure('IncompleteBody')
  return raw.subarray(from, from + size)
}

function verifyChunk(signer: ChunkSigner, previous: string, chunk: Buffer, header: string): string {
  const claimed = /;chunk-signature=([0-9a-f]{64})$/.exec(header)?.[1] ?? ''
  const right = chunkSignature(signer, previous, chunk)
  if (!sameSignature(claimed, right)) throw new S3Failure('SignatureDoesNotMatch')
  return right
}

function checkSizes(chunks: readonly Buffer[]): void {
  const small = chunks.slice(0, -1).findIndex(chunk => chunk.length < smallestChunkBytes)
  if (small < 0) return
  const details = { Chunk: small + 1, BadChunkSize: chunks[small]!.length }
  throw new S3Failure('InvalidChunkSizeError', undefined, { details })
}

function trailersOf(rest: Buffer, { trailers, signer }: ChunkRules, previous: string): Record<string, string> {
  const lines = rest
    .toString('latin1')
    .split(/\r?\n/)
    .filter(line => line.trim() !== '')
  const pairs = lines.map(line => {
    const colon = line.indexOf(':')
    if (colon < 1) throw new S3Failure('MalformedTrailerError')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const found = pairs.filter(([name]) => name !== 'x-amz-trailer-signature')
  const names = found.map(([name]) => name)
  if (names.length !== trailers.length || trailers.some(name => !names.includes(name)))
    throw new S3Failure('MalformedTrailerError')
  if (signer && trailers.length > 0) {
    const claimed = pairs.find(([name]) => name === 'x-amz-trailer-signature')?.[1] ?? ''
    const text = found.map(([name, value]) => `${name}:${value}\n`).join('')
    if (!sameSignature(claimed, trailerSignature(signer, previous, text))) throw new S3Failure('SignatureDoesNotMatch')
  }
  return Object.fromEntries(found)
}
