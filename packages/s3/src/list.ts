import type { ObjectInfo, StoreCallOptions } from '@millrace/objects'
import { type Bucket, wholeSeconds } from './bucket.js'
import { listedKey, plainEtag } from './keys.js'

/**
 * All objects below a prefix, page by page, a thousand at a time, in the order S3 has them: by the bytes of their keys.
 *
 * Markers of empty folders (`a/b/`, no bytes), which the console makes, are left out: they are no objects to a reader.
 */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  { signal }: StoreCallOptions = {},
): AsyncGenerator<ObjectInfo> {
  const { bucket: name, keyPrefix, expectedBucketOwner } = bucket.settings
  const input = {
    Bucket: name,
    Prefix: `${keyPrefix}${prefix}`,
    // XML cannot carry every character of a key.
    EncodingType: 'url' as const,
    ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
  }
  for (let next: string | undefined, first = true; first || next !== undefined; first = false) {
    const page = await bucket.ask({ side: 'read', key: prefix }, signal, ({ sdk, client }, send) =>
      client.send(new sdk.ListObjectsV2Command({ ...input, ...(next === undefined ? {} : { ContinuationToken: next }) }), send),
    )
    for (const { Key = '', ETag = '', Size = 0, LastModified } of page.Contents ?? []) {
      const key = listedKey(Key, page.EncodingType === 'url')
      if (!key.startsWith(keyPrefix) || key.endsWith('/') || key === '') continue
      signal?.throwIfAborted()
      yield {
        key: key.slice(keyPrefix.length),
        bytes: Size,
        etag: plainEtag(ETag),
        modifiedAtMs: wholeSeconds(LastModified?.getTime() ?? 0),
      }
    }
    next = page.IsTruncated ? page.NextContinuationToken : undefined
  }
}
