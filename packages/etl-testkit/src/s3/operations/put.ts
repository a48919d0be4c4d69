import { checksumHeader, checksumOf } from '../body/checksums.js'
import { type Call, type Handler, quoted } from '../call.js'
import { S3Failure } from '../errors.js'
import { addVersion, type Bucket, bucketNamed, currentOf, type Version } from '../world.js'
import { judgeWrite } from './conditions.js'
import { etagOf, traitsOf } from './traits.js'
import { versionHeader } from './versions.js'

const longestKeyBytes = 1024

export function checkKeyLength(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes <= longestKeyBytes) return
  throw new S3Failure('KeyTooLongError', undefined, { details: { Size: bytes, MaxSizeAllowed: longestKeyBytes } })
}

export const putObject: Handler = call => {
  const bucket = bucketNamed(call.world, call.bucket)
  checkKeyLength(call.key)
  const traits = traitsOf(call.headers)
  judgeWrite(call, currentOf(bucket, call.key))
  const version = addVersion<Version>(bucket, call.key, {
    ...traits,
    body: call.body,
    etag: etagOf(call.body, traits),
    modifiedAtMs: call.world.now(),
    ...keptChecksum(call),
  })
  return { status: 200, headers: writtenHeaders(bucket, version) }
}

/** Objects that come without a checksum get one: S3 computes CRC-64/NVME. RADOS Gateway 16 keeps none (measured). */
function keptChecksum({ checksum, body, world }: Call): Pick<Version, 'checksum'> {
  if (world.like === 'radosgw') return {}
  return { checksum: checksum ?? { algorithm: 'crc64nvme', value: checksumOf('crc64nvme', body), type: 'FULL_OBJECT' } }
}

/** What a write answers. */
export function writtenHeaders(bucket: Bucket, version: Version): Record<string, string> {
  return {
    etag: quoted(version.etag),
    ...checksumHeaders(version),
    ...version.encryption,
    ...versionHeader(bucket, version.versionId),
  }
}

export function checksumHeaders({ checksum }: Version): Record<string, string> {
  if (!checksum) return {}
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }
}
