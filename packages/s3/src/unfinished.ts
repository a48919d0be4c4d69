import type { StoreCallOptions, UnfinishedWrites } from '@millrace/objects'
import type { Bucket } from './bucket.js'
import { answerOf } from './errors.js'
import { listedKey } from './keys.js'

/**
 * Ends all uploads of a key, or below a prefix, that were begun and neither completed nor aborted: those of processes that died, and those whose id never
 * arrived. Needs `s3:ListBucketMultipartUploads` on the bucket.
 */
export async function endUploads(bucket: Bucket, of: UnfinishedWrites, { signal }: StoreCallOptions = {}): Promise<void> {
  // All are listed first: a page that begins behind an upload which is no more may begin anywhere.
  for (const upload of await uploadsOf(bucket, of, signal)) await endUpload(bucket, upload, signal)
}

interface ListedUpload {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string | undefined
  readonly ExpectedBucketOwner?: string
}

async function uploadsOf(
  bucket: Bucket,
  of: UnfinishedWrites,
  signal: AbortSignal | undefined,
): Promise<readonly ListedUpload[]> {
  const prefix = 'key' in of ? of.key : of.prefix
  const { bucket: name, keyPrefix, expectedBucketOwner } = bucket.settings
  const owner = expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }
  const input = { Bucket: name, Prefix: `${keyPrefix}${prefix}`, EncodingType: 'url' as const, ...owner }
  const found: ListedUpload[] = []
  let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {}
  while (next) {
    const from: object = next
    const page = await bucket.ask({ side: 'write', key: prefix }, signal, ({ sdk, client }, send) =>
      client.send(new sdk.ListMultipartUploadsCommand({ ...input, ...from }), send),
    )
    const encoded = page.EncodingType === 'url'
    for (const { Key = '', UploadId } of page.Uploads ?? []) {
      const key = listedKey(Key, encoded)
      // A server that overlooks the prefix must not cost others their uploads.
      if ('key' in of ? key === input.Prefix : key.startsWith(input.Prefix))
        found.push({ Bucket: name, Key: key, UploadId, ...owner })
    }
    const { NextKeyMarker = '', NextUploadIdMarker } = page
    next = page.IsTruncated
      ? { KeyMarker: listedKey(NextKeyMarker, encoded), ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}) }
      : undefined
  }
  return found
}

async function endUpload(bucket: Bucket, upload: ListedUpload, signal: AbortSignal | undefined): Promise<void> {
  const key = upload.Key.slice(bucket.settings.keyPrefix.length)
  try {
    await bucket.ask({ side: 'write', key }, signal, ({ sdk, client }, send) =>
      client.send(new sdk.AbortMultipartUploadCommand(upload), send),
    )
  } catch (error) {
    // Someone else was faster.
    if (answerOf(error)?.name !== 'NoSuchUpload') throw error
  }
}
