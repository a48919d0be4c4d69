/** What a request is about: nothing below the server, a bucket, an object. */
export type Level = 'service' | 'bucket' | 'object'

/** An operation the server implements. */
export type S3Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'PutBucketVersioning'
  | 'DeleteObjects'
  | 'ListObjectsV2'
  | 'ListObjectVersions'
  | 'ListMultipartUploads'
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'GetObjectTagging'
  | 'PutObjectTagging'
  | 'DeleteObjectTagging'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts'

/** A line of the table. */
export interface Route {
  readonly operation: S3Operation
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly at: Level
  /** Query parameters that make it this operation. */
  readonly needs?: readonly string[]
  /** Query parameters it understands besides. Any other is not implemented. */
  readonly takes?: readonly string[]
  /** Told from its neighbour by `x-amz-copy-source`. */
  readonly copies?: true
}

const responseOverrides = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
] as const
const listing = ['prefix', 'delimiter', 'encoding-type', 'max-keys'] as const

/** The operations, by what their requests look like. */
export const routes: readonly Route[] = [
  { operation: 'ListBuckets', method: 'GET', at: 'service' },
  { operation: 'CreateBucket', method: 'PUT', at: 'bucket' },
  { operation: 'HeadBucket', method: 'HEAD', at: 'bucket' },
  { operation: 'DeleteBucket', method: 'DELETE', at: 'bucket' },
  { operation: 'GetBucketLocation', method: 'GET', at: 'bucket', needs: ['location'] },
  { operation: 'GetBucketVersioning', method: 'GET', at: 'bucket', needs: ['versioning'] },
  { operation: 'PutBucketVersioning', method: 'PUT', at: 'bucket', needs: ['versioning'] },
  { operation: 'DeleteObjects', method: 'POST', at: 'bucket', needs: ['delete'] },
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    at: 'bucket',
    needs: ['list-type'],
    takes: [...listing, 'continuation-token', 'start-after', 'fetch-owner'],
  },
  {
    operation: 'ListObjectVersions',
    method: 'GET',
    at: 'bucket',
    needs: ['versions'],
    takes: [...listing, 'key-marker', 'version-id-marker'],
  },
  {
    operation: 'ListMultipartUploads',
    method: 'GET',
    at: 'bucket',
    needs: ['uploads'],
    takes: ['prefix', 'max-uploads', 'key-marker', 'upload-id-marker', 'encoding-type'],
  },
  { operation: 'GetObject', method: 'GET', at: 'object', takes: ['versionId', 'partNumber', ...responseOverrides] },
  { operation: 'HeadObject', method: 'HEAD', at: 'object', takes: ['versionId', 'partNumber', ...responseOverrides] },
  { operation: 'PutObject', method: 'PUT', at: 'object' },
  { operation: 'CopyObject', method: 'PUT', at: 'object', copies: true },
  { operation: 'DeleteObject', method: 'DELETE', at: 'object', takes: ['versionId'] },
  { operation: 'GetObjectTagging', method: 'GET', at: 'object', needs: ['tagging'], takes: ['versionId'] },
  { operation: 'PutObjectTagging', method: 'PUT', at: 'object', needs: ['tagging'], takes: ['versionId'] },
  { operation: 'DeleteObjectTagging', method: 'DELETE', at: 'object', needs: ['tagging'], takes: ['versionId'] },
  { operation: 'CreateMultipartUpload', method: 'POST', at: 'object', needs: ['uploads'] },
  { operation: 'UploadPart', method: 'PUT', at: 'object', needs: ['partNumber', 'uploadId'] },
  { operation: 'UploadPartCopy', method: 'PUT', at: 'object', needs: ['partNumber', 'uploadId'], copies: true },
  { operation: 'CompleteMultipartUpload', method: 'POST', at: 'object', needs: ['uploadId'] },
  { operation: 'AbortMultipartUpload', method: 'DELETE', at: 'object', needs: ['uploadId'] },
  {
    operation: 'ListParts',
    method: 'GET',
    at: 'object',
    needs: ['uploadId'],
    takes: ['max-parts', 'part-number-marker', 'encoding-type'],
  },
]
