import type { ObjectBody, ObjectInfo, ObjectStore, StoreCallOptions } from '@millrace/objects'
import { assembleObject } from './assemble.js'
import { bucketOf, infoOf } from './bucket.js'
import { deleteObjects } from './delete.js'
import { listObjects } from './list.js'
import { type S3Options, settingsOf } from './options.js'
import { putObject } from './put.js'
import { getObject, type S3GetOptions } from './read.js'

/** What {@link s3Store} returns: an object store that can also read earlier versions. */
export interface S3Store extends ObjectStore {
  get(key: string, options?: S3GetOptions): Promise<ObjectBody>
  head(key: string, options?: StoreCallOptions & { readonly versionId?: string }): Promise<ObjectInfo | undefined>
}

/** doc */
export function s3Store(options: S3Options): S3Store {
  const bucket = bucketOf(settingsOf(options))
  return {
    place: bucket.settings.place,
    capabilities: { replaceIfUnchanged: 'atomic' },
    get: async (key, get = {}) => {
      bucket.keyOf(key)
      return getObject(bucket, key, get)
    },
    head: async (key, call = {}) => {
      bucket.keyOf(key)
      const found = await bucket.head(key, { signal: call.signal, versionId: call.versionId })
      return found && infoOf(found)
    },
    put: async (key, body, put = {}) => {
      put.signal?.throwIfAborted()
      bucket.keyOf(key)
      return settled(put, () => putObject(bucket, key, body, put))
    },
    assemble: async (key, pieces, put = {}) => settled(put, () => assembleObject(bucket, key, pieces, put)),
    list: (prefix, call) => listObjects(bucket, prefix, call),
    delete: (keys, call) => deleteObjects(bucket, keys, call),
  }
}

/** A body may end in its own way when the signal does; the reason is what counts. */
async function settled<R>({ signal }: StoreCallOptions, act: () => Promise<R>): Promise<R> {
  try {
    return await act()
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
