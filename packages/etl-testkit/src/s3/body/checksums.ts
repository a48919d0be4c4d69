import { createHash } from 'node:crypto'
import { S3Failure } from '../errors.js'
import { crc32, crc32c, crc64nvme } from './crc.js'

const digests = {
  crc32,
  crc32c,
  crc64nvme,
  sha1: (data: Buffer) => createHash('sha1').update(data).digest(),
  sha256: (data: Buffer) => createHash('sha256').update(data).digest(),
} as const satisfies Record<string, (data: Buffer) => Buffer>

const digestBytes = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const

/** A checksum algorithm of S3. */
export type ChecksumAlgorithm = keyof typeof digests

/** All of them. */
export const checksumAlgorithms = Object.keys(digests) as ChecksumAlgorithm[]

/** A checksum, base64; `value` of a composite one ends in `-<parts>`. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** The checksum of bytes, in base64. */
export function checksumOf(algorithm: ChecksumAlgorithm, data: Buffer): string {
  return digests[algorithm](data).toString('base64')
}

/** The checksum over the checksums of parts. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  return `${checksumOf(algorithm, Buffer.concat(parts.map(part => Buffer.from(part, 'base64'))))}-${parts.length}`
}

/** The element of an XML answer: `ChecksumCRC32`. */
export const checksumElement = (algorithm: ChecksumAlgorithm) => `Checksum${algorithm.toUpperCase()}`

/** The header: `x-amz-checksum-crc32`. */
export const checksumHeader = (algorithm: ChecksumAlgorithm) => `x-amz-checksum-${algorithm}`

/** The name in `x-amz-checksum-algorithm` and the like, in any case. */
export function algorithmNamed(name: string | undefined): ChecksumAlgorithm | undefined {
  return checksumAlgorithms.find(algorithm => algorithm === name?.toLowerCase())
}

type Headers = Readonly<Record<string, string | undefined>>

/** The one checksum that headers give, well-formed but not compared with anything. */
export function givenChecksum(headers: Headers): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  const given = checksumAlgorithms.flatMap(algorithm => {
    const value = headers[checksumHeader(algorithm)]
    return value === undefined ? [] : [{ algorithm, value }]
  })
  if (given.length > 1)
    throw new S3Failure('InvalidRequest', 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  return given[0]
}

/** Compares the body with the checksum that headers or trailers give, if they give one. */
export function verifyChecksum(headers: Headers, body: Buffer): Checksum | undefined {
  const given = givenChecksum(headers)
  const declared = headers['x-amz-sdk-checksum-algorithm']
  if (!given) {
    if (declared === undefined) return undefined
    throw new S3Failure(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    )
  }
  const { algorithm, value } = given
  if (declared !== undefined && declared.toLowerCase() !== algorithm)
    throw new S3Failure('InvalidRequest', 'Value for x-amz-sdk-checksum-algorithm header is invalid.')
  if (Buffer.from(value, 'base64').length !== digestBytes[algorithm])
    throw new S3Failure('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`)
  if (checksumOf(algorithm, body) !== value)
    throw new S3Failure('BadDigest', `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`)
  return { algorithm, value, type: 'FULL_OBJECT' }
}

/** Compares the body with Content-MD5, if it is given. */
export function verifyMd5(contentMd5: string | undefined, body: Buffer): void {
  if (contentMd5 === undefined) return
  const calculated = createHash('md5').update(body).digest()
  const given = Buffer.from(contentMd5, 'base64')
  if (given.length !== 16) throw new S3Failure('InvalidDigest', undefined, { details: { 'Content-MD5': contentMd5 } })
  if (given.equals(calculated)) return
  const details = { ExpectedDigest: given.toString('hex'), CalculatedDigest: calculated.toString('base64') }
  throw new S3Failure('BadDigest', undefined, { details })
}
