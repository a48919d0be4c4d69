import type { Handler } from '../call.js'
import type { S3Operation } from '../routes.js'
import * as buckets from './buckets.js'
import { completeMultipartUpload } from './complete.js'
import { copyObject } from './copy.js'
import { deleteObject, deleteObjects } from './delete.js'
import { getObject, headObject } from './get.js'
import { listObjectsV2 } from './list.js'
import { listMultipartUploads, listParts } from './list-uploads.js'
import { listObjectVersions } from './list-versions.js'
import * as multipart from './multipart.js'
import { putObject } from './put.js'
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './tagging.js'
import { getBucketVersioning, putBucketVersioning } from './versions.js'

/** What does what. */
export const handlers: Readonly<Record<S3Operation, Handler>> = {
  ListBuckets: buckets.listBuckets,
  CreateBucket: buckets.createBucket,
  HeadBucket: buckets.headBucket,
  DeleteBucket: buckets.deleteBucket,
  GetBucketLocation: buckets.getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  PutBucketVersioning: putBucketVersioning,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  GetObject: getObject,
  HeadObject: headObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetObjectTagging: getObjectTagging,
  PutObjectTagging: putObjectTagging,
  DeleteObjectTagging: deleteObjectTagging,
  CreateMultipartUpload: multipart.createMultipartUpload,
  UploadPart: multipart.uploadPart,
  UploadPartCopy: multipart.uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: multipart.abortMultipartUpload,
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
}
