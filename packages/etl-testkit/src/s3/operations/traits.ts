import { createHash, randomBytes } from 'node:crypto'
import type { Call } from '../call.js'
import { S3Failure } from '../errors.js'
import type { ObjectTraits } from '../world.js'
import { tagsOfHeader } from './tagging.js'

const kept = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'] as const
const mostMetadataBytes = 2048

/** What the headers of a write say of the object. */
export function traitsOf(headers: Call['headers']): ObjectTraits {
  return {
    headers: storedHeaders(headers),
    tags: tagsOfHeader(headers['x-amz-tagging']),
    storageClass: storageClassOf(headers),
    encryption: encryptionOf(headers),
  }
}

function storedHeaders(headers: Call['headers']): Record<string, string> {
  const stored: Record<string, string> = { 'content-type': 'binary/octet-stream' }
  for (const name of kept) if (headers[name] !== undefined) stored[name] = headers[name]
  // `aws-chunked` says how the request was sent, not what the object is.
  const encodings = (headers['content-encoding'] ?? '').split(',').map(part => part.trim())
  const own = encodings.filter(part => part !== '' && part !== 'aws-chunked').join(',')
  if (own !== '') stored['content-encoding'] = own
  const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
  const bytes = metadata.reduce((sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + (value ?? '').length, 0)
  if (bytes > mostMetadataBytes) throw new S3Failure('MetadataTooLarge', undefined, { details: { Size: bytes } })
  for (const [name, value] of metadata) stored[name] = value ?? ''
  return stored
}

const storageClasses =
  /^(STANDARD|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|REDUCED_REDUNDANCY|GLACIER_IR|GLACIER|DEEP_ARCHIVE)$/

function storageClassOf(headers: Call['headers']): string {
  const name = headers['x-amz-storage-class'] ?? 'STANDARD'
  if (!storageClasses.test(name)) throw new S3Failure('InvalidStorageClass')
  return name
}

const sse = 'x-amz-server-side-encryption'
const kmsDetails = [`${sse}-aws-kms-key-id`, `${sse}-bucket-key-enabled`] as const
const defaultKmsKey = 'arn:aws:kms:us-east-1:000000000000:key/aws-s3-default'

/** S3 encrypts everything, and says so: with its own keys if nothing else is asked for. Nothing is encrypted here. */
function encryptionOf(headers: Call['headers']): Record<string, string> {
  const method = headers[sse] ?? 'AES256'
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(method))
    throw new S3Failure('InvalidArgument', 'The encryption method specified is not supported')
  const details = kmsDetails.flatMap(name => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  if (method === 'AES256') {
    if (details.length > 0)
      throw new S3Failure(
        'InvalidArgument',
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      )
    return { [sse]: method }
  }
  return { [sse]: method, [kmsDetails[0]]: defaultKmsKey, ...Object.fromEntries(details) }
}

/** The MD5 of the bytes, but for objects under a KMS key: their entity tag is not, and whoever relies on it should notice. */
export function etagOf(body: Buffer, { encryption }: Pick<ObjectTraits, 'encryption'>): string {
  const hash = createHash('md5').update(body)
  return (encryption[sse] === 'AES256' ? hash : hash.update(randomBytes(16))).digest('hex')
}

/** What answers say of an object's storage class and encryption. */
export function traitHeaders({ storageClass, encryption }: ObjectTraits): Record<string, string> {
  return { ...encryption, ...(storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': storageClass }) }
}
