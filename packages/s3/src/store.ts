import type { ObjectBody, ObjectInfo, ObjectStore, StoreCallOptions } from '@millrace/objects'
import { assembleObject } from './assemble.js'
import { bucketOf, seenOf } from './bucket.js'
import { deleteIf, deleteObjects } from './delete.js'
import { listObjects } from './list.js'
import { type S3Options, settingsOf } from './options.js'
import { putObject } from './put.js'
import { getObject, type S3GetOptions } from './read.js'
import { endUploads } from './unfinished.js'

/** What {@link s3Store} returns: an object store that can also read earlier versions. */
export interface S3Store extends ObjectStore {
  /** As the contract has it; with `versionId` that version. */
  get(key: string, options?: S3GetOptions): Promise<ObjectBody>
  /** As the contract has it; with `versionId` that version. A bucket that is not there has no objects, as far as this can tell. */
  head(key: string, options?: StoreCallOptions & { readonly versionId?: string }): Promise<ObjectInfo | undefined>
}

/**
 * Objects of an S3 bucket, or of a server that speaks S3. Nothing is loaded or asked before the first call.
 *
 * Writing: up to `partBytes` in one request (8 MiB; bytes at hand twice that), more as a multipart upload whose parts are sent two at a
 * time and grow so that 10,000 reach 5 TiB. Memory: `partBytes * partsInFlight` for each object being written, 26 MiB for one being
 * assembled of many. Whatever fails, the upload is ended, so that none stays unfinished; a process that dies leaves one, so give the bucket
 * a lifecycle rule for those (`endUnfinished` ends those of a key or below a prefix, where nobody else writes). Objects are assembled by S3 itself from pieces of 5 MiB and more.
 *
 * Conditions are S3's own (If-None-Match, If-Match): of several writers one wins, between processes and computers. Every object carries a
 * random id in its metadata (`x-amz-meta-millrace-write`), so that a write whose answer was lost finds itself again instead of a conflict;
 * a conflict says which etag is there and, where its metadata has one, by which `loadId`.
 *
 * Reading: a body that is cut off is continued, at the same version only. Etags are without quotes. Times are whole seconds.
 *
 * Servers other than AWS are talked to with the bucket in the path and without the SDK's checksums (the signature covers the bytes);
 * quotes of etags and conditions of uploads are helped along where a server lacks them, the latter by a look before, which is not atomic.
 *
 * The SDK tries requests again, 5 attempts with growing waits. Errors have the codes of the contract, and besides
 * `ETL_SOURCE_RATE_LIMITED`, `ETL_SINK_RATE_LIMITED` (later), `ETL_SOURCE_NOT_FOUND`, `ETL_SINK_NOT_FOUND` (no such bucket),
 * `ETL_SINK_FULL` (later), `ETL_SINK_TOO_LARGE`, `ETL_SOURCE_REFUSED`, `ETL_SINK_REFUSED`, and ConfigError `ETL_CONFIG_CREDENTIALS`,
 * `ETL_CONFIG_REGION` (with the right region, if S3 says it). Their context holds S3's code, the HTTP status and the request id.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems of the options at once.
 * @example
 * const store = s3Store({ bucket: 'lake', prefix: 'population' })
 * await store.put('2025/a.csv', new TextEncoder().encode('id\n1\n'), { condition: 'absent' })
 */
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
      return found && seenOf(found)
    },
    put: async (key, body, put = {}) => {
      put.signal?.throwIfAborted()
      bucket.keyOf(key)
      return settled(put, () => putObject(bucket, key, body, put))
    },
    assemble: async (key, pieces, put = {}) => settled(put, () => assembleObject(bucket, key, pieces, put)),
    list: (prefix, call) => listObjects(bucket, prefix, call),
    delete: (keys, call) => deleteObjects(bucket, keys, call),
    deleteIf: async (key, etag, call) => deleteIf(bucket, key, etag, call),
    endUnfinished: async (of, call) => endUploads(bucket, of, call),
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
