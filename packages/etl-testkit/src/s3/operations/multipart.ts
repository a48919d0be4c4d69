import { algorithmNamed, type ChecksumAlgorithm, checksumElement, checksumHeader, checksumOf } from '../body/checksums.js'
import { type Call, type Handler, isoTime, quoted, xmlAnswer } from '../call.js'
import { notImplemented, S3Failure } from '../errors.js'
import { bucketNamed, newId, type Part, type Upload } from '../world.js'
import { copySource } from './copy.js'
import { checkKeyLength } from './put.js'
import { etagOf, traitsOf } from './traits.js'

/** @throws S3Failure NoSuchUpload */
export function uploadNamed({ world, bucket, key, query }: Call): Upload {
  const id = query.get('uploadId') ?? ''
  const upload = bucketNamed(world, bucket).uploads.get(id)
  if (upload?.key !== key) throw new S3Failure('NoSuchUpload', undefined, { details: { UploadId: id } })
  return upload
}

export const createMultipartUpload: Handler = call => {
  const bucket = bucketNamed(call.world, call.bucket)
  checkKeyLength(call.key)
  const { algorithm, checksumType } = checksumPlan(call)
  const upload: Upload = {
    ...traitsOf(call.headers),
    id: newId(),
    key: call.key,
    startedAtMs: call.world.now(),
    checksumType,
    parts: new Map(),
    ...(algorithm ? { algorithm } : {}),
  }
  bucket.uploads.set(upload.id, upload)
  const checksums = algorithm ? { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': checksumType } : {}
  const result = { Bucket: call.bucket, Key: call.key, UploadId: upload.id }
  return xmlAnswer('InitiateMultipartUploadResult', result, { ...upload.encryption, ...checksums })
}

/** CRC-64 is always one of the whole object, the SHAs are always of the parts' sums, the short CRCs either, by default of the sums. */
function checksumPlan({ headers, world }: Call): { algorithm?: ChecksumAlgorithm; checksumType: Upload['checksumType'] } {
  const name = headers['x-amz-checksum-algorithm']
  const type = headers['x-amz-checksum-type']
  const algorithm = algorithmNamed(name)
  if (name !== undefined && !algorithm) throw notImplemented(`x-amz-checksum-algorithm: ${name}`)
  if (!algorithm || world.like === 'radosgw') return { checksumType: 'FULL_OBJECT' }
  const checksumType = type ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE')
  const fits =
    checksumType === 'FULL_OBJECT' ? algorithm.startsWith('crc') : checksumType === 'COMPOSITE' && algorithm !== 'crc64nvme'
  if (!fits)
    throw new S3Failure('InvalidRequest', `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`)
  return { algorithm, checksumType: checksumType === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT' }
}

export const uploadPart: Handler = call => {
  const upload = uploadNamed(call)
  const number = partNumber(call)
  const { checksum, body } = call
  // An upload that was not begun with an algorithm takes parts with any.
  if (upload.algorithm && checksum?.algorithm !== upload.algorithm)
    throw new S3Failure(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm}, actual checksum Type: ${checksum?.algorithm ?? 'null'}`,
    )
  const part = newPart(call, upload, body)
  upload.parts.set(number, part)
  const headers = checksum && call.world.like === 'aws' ? { [checksumHeader(checksum.algorithm)]: checksum.value } : {}
  return { status: 200, headers: { etag: quoted(part.etag), ...headers, ...upload.encryption } }
}

export const uploadPartCopy: Handler = call => {
  const upload = uploadNamed(call)
  const number = partNumber(call)
  const { version } = copySource(call)
  const part = newPart(call, upload, copiedBytes(version.body, call.headers['x-amz-copy-source-range']))
  upload.parts.set(number, part)
  const checksum = upload.algorithm ? { [checksumElement(upload.algorithm)]: part.checksum } : {}
  const result = { ETag: quoted(part.etag), LastModified: isoTime(part.modifiedAtMs), ...checksum }
  return xmlAnswer('CopyPartResult', result, upload.encryption)
}

function newPart({ world }: Call, upload: Upload, body: Buffer): Part {
  const { algorithm } = upload
  return {
    body,
    etag: etagOf(body, upload),
    modifiedAtMs: world.now(),
    ...(algorithm ? { checksum: checksumOf(algorithm, body) } : {}),
  }
}

const mostParts = 10_000

function partNumber({ query }: Call): number {
  const number = Number(query.get('partNumber'))
  if (Number.isInteger(number) && number >= 1 && number <= mostParts) return number
  throw new S3Failure('InvalidArgument', `Part number must be an integer between 1 and ${mostParts}, inclusive`)
}

/** Unlike a read's, the range has to lie within the source, both its ends. */
function copiedBytes(source: Buffer, range: string | undefined): Buffer {
  if (range === undefined) return source
  const match = /^bytes=(\d+)-(\d+)$/.exec(range)
  const [start, end] = [Number(match?.[1]), Number(match?.[2])]
  if (!match || end < start)
    throw new S3Failure(
      'InvalidArgument',
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    )
  if (end >= source.length)
    throw new S3Failure('InvalidArgument', `Range specified is not valid for source object of size: ${source.length}`)
  return source.subarray(start, end + 1)
}

export const abortMultipartUpload: Handler = call => {
  const { id } = uploadNamed(call)
  bucketNamed(call.world, call.bucket).uploads.delete(id)
  return { status: 204 }
}
