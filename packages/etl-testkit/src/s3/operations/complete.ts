import { createHash } from 'node:crypto'
import { type Checksum, checksumElement, checksumOf, compositeChecksum, givenChecksum } from '../body/checksums.js'
import { type Call, type Handler, quoted, unquoted, xmlAnswer } from '../call.js'
import { S3Failure } from '../errors.js'
import { type Answer, addVersion, type Bucket, bucketNamed, currentOf, type Part, type Upload, type Version } from '../world.js'
import { childrenOf, childText, readXml, type XmlElement } from '../xml-read.js'
import { judgeWrite } from './conditions.js'
import { uploadNamed } from './multipart.js'
import { versionHeader } from './versions.js'

interface Claimed {
  readonly number: number
  readonly etag: string
  readonly element: XmlElement
}

/**
 * Makes the object of the parts that are named; parts that are not named are given up. Done again with the same parts it answers the same,
 * for S3 does so for a while, and conditions are not judged again: they held when it was done.
 */
export const completeMultipartUpload: Handler = call => {
  const bucket = bucketNamed(call.world, call.bucket)
  const claimed = claimedParts(call)
  const request = JSON.stringify(claimed.map(({ number, etag }) => [number, etag]))
  const before = bucket.completed.get(call.query.get('uploadId') ?? '')
  if (before?.key === call.key && before.request === request && call.world.repeatedComplete !== 'noSuchUpload')
    return repeated(call, before.answer)
  const upload = uploadNamed(call)
  const parts = claimed.map(claim => partOf(upload, claim))
  checkSizes(call, claimed, parts)
  judgeWrite(call, currentOf(bucket, call.key))
  const version = addVersion<Version>(bucket, call.key, assembled(call, upload, parts))
  bucket.uploads.delete(upload.id)
  const answer = completedAnswer(call, bucket, version)
  bucket.completed.set(upload.id, { key: call.key, request, answer })
  return answer
}

function repeated({ world, headers }: Call, answer: Answer): Answer {
  const conditional = headers['if-none-match'] !== undefined || headers['if-match'] !== undefined
  if (world.repeatedComplete === 'preconditionFailed' && conditional) throw new S3Failure('PreconditionFailed')
  return answer
}

function claimedParts({ body }: Call): Claimed[] {
  const claimed = childrenOf(readXml(body, 'CompleteMultipartUpload'), 'Part').map(element => {
    const number = Number(childText(element, 'PartNumber'))
    const etag = childText(element, 'ETag')
    if (!Number.isInteger(number) || etag === undefined) throw new S3Failure('MalformedXML')
    return { number, etag: unquoted(etag), element }
  })
  if (claimed.length === 0) throw new S3Failure('MalformedXML')
  if (claimed.some(({ number }, at) => at > 0 && number <= claimed[at - 1]!.number)) throw new S3Failure('InvalidPartOrder')
  return claimed
}

function partOf(upload: Upload, { number, etag, element }: Claimed): Part {
  const part = upload.parts.get(number)
  const invalid = () =>
    new S3Failure('InvalidPart', undefined, { details: { UploadId: upload.id, PartNumber: number, ETag: etag } })
  if (part?.etag !== etag) throw invalid()
  if (!upload.algorithm) return part
  const checksum = childText(element, checksumElement(upload.algorithm))
  if (checksum === undefined && upload.checksumType === 'COMPOSITE')
    throw new S3Failure(
      'InvalidRequest',
      `The upload was created using a ${upload.algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    )
  if (checksum !== undefined && checksum !== part.checksum) throw invalid()
  return part
}

function checkSizes({ world, headers }: Call, claimed: readonly Claimed[], parts: readonly Part[]): void {
  const small = parts.slice(0, -1).findIndex(part => part.body.length < world.minPartBytes)
  if (small >= 0) {
    const { number, etag } = claimed[small]!
    const details = {
      ProposedSize: parts[small]!.body.length,
      MinSizeAllowed: world.minPartBytes,
      PartNumber: number,
      ETag: etag,
    }
    throw new S3Failure('EntityTooSmall', undefined, { details })
  }
  const told = headers['x-amz-mp-object-size']
  const size = parts.reduce((sum, part) => sum + part.body.length, 0)
  if (told !== undefined && Number(told) !== size)
    throw new S3Failure(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${told} does not match what was computed: ${size}`,
    )
}

function assembled(call: Call, upload: Upload, parts: readonly Part[]): Omit<Version, 'versionId'> {
  const { headers, tags, storageClass, encryption } = upload
  const body = Buffer.concat(parts.map(part => part.body))
  const tagsOfParts = Buffer.concat(parts.map(part => Buffer.from(part.etag, 'hex')))
  const checksum = checksumOfAll(call, upload, parts, body)
  return {
    headers,
    tags,
    storageClass,
    encryption,
    body,
    etag: `${createHash('md5').update(tagsOfParts).digest('hex')}-${parts.length}`,
    modifiedAtMs: call.world.now(),
    partSizes: parts.map(part => part.body.length),
    ...(checksum ? { checksum } : {}),
  }
}

/** Compared with what the request says of the whole object, if it says something. */
function checksumOfAll({ headers, world }: Call, upload: Upload, parts: readonly Part[], body: Buffer): Checksum | undefined {
  if (world.like === 'radosgw') return undefined
  const { algorithm = 'crc64nvme', checksumType: type } = upload
  const value =
    type === 'COMPOSITE'
      ? compositeChecksum(
          algorithm,
          parts.map(part => part.checksum ?? ''),
        )
      : checksumOf(algorithm, body)
  const given = givenChecksum(headers)
  // A composite may be given without the number of parts.
  if (given && (given.algorithm !== algorithm || (given.value !== value && given.value !== value.replace(/-\d+$/, ''))))
    throw new S3Failure('BadDigest', `The ${given.algorithm} you specified did not match the calculated checksum.`)
  return { algorithm, value, type }
}

function completedAnswer({ world, key }: Call, bucket: Bucket, version: Version): Answer {
  const { checksum } = version
  return xmlAnswer(
    'CompleteMultipartUploadResult',
    {
      Location: `/${bucket.name}/${key}`,
      Bucket: bucket.name,
      Key: key,
      // RADOS Gateway 16 leaves it empty (measured).
      ETag: world.like === 'radosgw' ? '' : quoted(version.etag),
      ...(checksum ? { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type } : {}),
    },
    { ...version.encryption, ...versionHeader(bucket, version.versionId) },
  )
}
