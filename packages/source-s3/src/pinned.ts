import type { ObjectStore } from '@millrace/objects'
import type { S3Store } from '@millrace/s3'
import type { S3ObjectRef } from './options.js'

/** A store that sees of some objects only the version that was named. */
export function pinned(store: S3Store, refs: ReadonlyMap<string, S3ObjectRef>): ObjectStore {
  const versionOf = (key: string) => {
    const versionId = refs.get(key)?.versionId
    return versionId === undefined ? {} : { versionId }
  }
  return {
    ...store,
    get: (key, options) => store.get(key, { ...options, ...versionOf(key) }),
    async head(key, options) {
      const found = await store.head(key, { ...options, ...versionOf(key) })
      const etag = refs.get(key)?.etag
      // The plan then names the version that was asked for; reading it finds another one and says so, for this object alone.
      return found && etag !== undefined ? { ...found, etag } : found
    },
  }
}
