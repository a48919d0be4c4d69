import type { IamRequest } from '../iam/judge.js'
import type { Call } from './call.js'
import type { S3Operation } from './routes.js'
import { currentOf } from './world.js'
import { childrenOf, childText, readXml } from './xml-read.js'

/** Which action an operation on an object is, where it is one alone and goes by no other name. */
const onObject: Partial<Record<S3Operation, string>> = {
  PutObject: 's3:PutObject',
  CopyObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  ListParts: 's3:ListMultipartUploadParts',
  GetObjectTagging: 's3:GetObjectTagging',
  PutObjectTagging: 's3:PutObjectTagging',
  DeleteObjectTagging: 's3:DeleteObjectTagging',
}

const onBucket: Partial<Record<S3Operation, string>> = {
  CreateBucket: 's3:CreateBucket',
  DeleteBucket: 's3:DeleteBucket',
  HeadBucket: 's3:ListBucket',
  GetBucketLocation: 's3:GetBucketLocation',
  GetBucketVersioning: 's3:GetBucketVersioning',
  PutBucketVersioning: 's3:PutBucketVersioning',
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
}

/** Listings of keys can be allowed by prefix; those of uploads cannot. */
const knowsPrefix: ReadonlySet<S3Operation> = new Set(['ListObjectsV2', 'ListObjectVersions'])

/**
 * The permissions a request takes, all of them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html: actions by operation,
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html: their resources and condition keys,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions: uploads,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and conditional-deletes.html: If-Match reads, too
 */
export function permissionsOf(call: Call, operation: S3Operation): readonly IamRequest[] {
  const { bucket, key, headers, query } = call
  if (operation === 'ListBuckets') return [{ action: 's3:ListAllMyBuckets', resource: '*', context: {} }]
  const bucketAction = onBucket[operation]
  if (bucketAction !== undefined) {
    const prefix = query.get('prefix')
    const context = knowsPrefix.has(operation) && prefix !== undefined ? { 's3:prefix': prefix } : {}
    return [{ action: bucketAction, resource: arnOf(bucket), context }]
  }
  if (operation === 'DeleteObjects') return keysToDelete(call).map(each => deletion(bucket, each.key, each.versionId))
  const versionId = query.get('versionId')
  const main =
    operation === 'GetObject' || operation === 'HeadObject'
      ? reading(bucket, key, versionId)
      : operation === 'DeleteObject'
        ? deletion(bucket, key, versionId)
        : on(onObject[operation] ?? `s3:${operation}`, bucket, key)
  return [
    main,
    ...(headers['if-match'] !== undefined && !main.action.startsWith('s3:GetObject') ? [on('s3:GetObject', bucket, key)] : []),
    ...(headers['x-amz-tagging'] !== undefined ? [on('s3:PutObjectTagging', bucket, key)] : []),
    ...copySourceOf(call),
    ...keyUses(call, operation),
  ]
}

/**
 * What it takes to be told that an object is not there, instead of being refused: S3 looks whether its key could be listed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html. That `s3:prefix` is the key then is how servers have it that
 * imitate S3.
 */
export const permissionToMiss = ({ bucket, key }: Pick<Call, 'bucket' | 'key'>): IamRequest => ({
  action: 's3:ListBucket',
  resource: arnOf(bucket),
  context: { 's3:prefix': key },
})

export const arnOf = (bucket: string, key?: string): string => `arn:aws:s3:::${bucket}${key === undefined ? '' : `/${key}`}`
const on = (action: string, bucket: string, key: string): IamRequest => ({ action, resource: arnOf(bucket, key), context: {} })

const reading = (bucket: string, key: string, versionId: string | undefined): IamRequest =>
  on(versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', bucket, key)

const deletion = (bucket: string, key: string, versionId: string | undefined): IamRequest =>
  on(versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', bucket, key)

function keysToDelete({ body }: Call): readonly { readonly key: string; readonly versionId: string | undefined }[] {
  const wanted = childrenOf(readXml(body, 'Delete'), 'Object')
  return wanted.map(each => ({ key: childText(each, 'Key') ?? '', versionId: childText(each, 'VersionId') }))
}

function copySourceOf({ headers }: Call): readonly IamRequest[] {
  const match = /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(headers['x-amz-copy-source'] ?? '')
  if (!match) return []
  return [reading(decodeURIComponent(match[1] as string), decodeURIComponent(match[2] as string), match[3])]
}

const kmsKeyHeader = 'x-amz-server-side-encryption-aws-kms-key-id'

/**
 * What S3 asks of a key that was named. The account's own one for S3 lets S3 do it for everybody there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html: writing makes a data key, reading decrypts it, and
 * so do the parts of an upload.
 */
function keyUses({ world, bucket: name, key, query, headers, region }: Call, operation: S3Operation): readonly IamRequest[] {
  const bucket = world.buckets.get(name)
  const upload = bucket?.uploads.get(query.get('uploadId') ?? '')
  const reads = operation === 'GetObject' || operation === 'HeadObject'
  const stored = upload ?? (reads && bucket ? currentOf(bucket, key) : undefined)
  const id = headers[kmsKeyHeader] ?? stored?.encryption[kmsKeyHeader]
  if (id === undefined || operation === 'AbortMultipartUpload' || operation === 'HeadObject') return []
  const actions = stored ? ['kms:Decrypt'] : ['kms:GenerateDataKey']
  const alias = /^(?:arn:[^/]*:)?(alias\/.+)$/.exec(id)?.[1]
  const resource =
    id.startsWith('arn:') && alias === undefined ? id : `arn:aws:kms:${region}:000000000000:key/${alias ? 'of-the-alias' : id}`
  const context = {
    'kms:ViaService': `s3.${region}.amazonaws.com`,
    ...(alias === undefined ? {} : { 'kms:ResourceAliases': [alias] }),
  }
  return actions.map(action => ({ action, resource, context }))
}
