import { isEtlError, SourceError } from '@millrace/etl-core'
import type { ObjectStore, ObjectUse } from '@millrace/objects'
import type { S3Store, S3Use } from '@millrace/s3'
import type { S3ObjectRef } from './options.js'

/** A store that sees of some objects only the version that was named. */
export function pinned(store: S3Store, refs: ReadonlyMap<string, S3ObjectRef>): ObjectStore {
  const versionOf = (key: string) => {
    const versionId = refs.get(key)?.versionId
    return versionId === undefined ? {} : { versionId }
  }
  return {
    ...store,
    async get(key, options) {
      try {
        return await store.get(key, { ...options, ...versionOf(key) })
      } catch (error) {
        const etag = refs.get(key)?.etag
        throw etag !== undefined && isEtlError(error, 'ETL_OBJECT_CONFLICT')
          ? replacedError(`${store.place}/${key}`, etag, error)
          : error
      }
    },
    async head(key, options) {
      const found = await store.head(key, { ...options, ...versionOf(key) })
      const etag = refs.get(key)?.etag
      if (found && etag !== undefined && found.etag !== etag) throw replacedError(`${store.place}/${key}`, etag)
      return found
    },
  }
}

/** Reading again gives the same answer, so it has a code of its own: nothing is tried again. */
function replacedError(place: string, wanted: string, cause?: unknown): SourceError {
  return new SourceError(
    'ETL_SOURCE_REPLACED',
    `${place} is no longer the version ${wanted} that was asked for: it was replaced. The event of the newer one loads that; ` +
      'without such an event, ask for the key alone. Older versions are read by `versionId`, where the bucket keeps them.',
    { context: { place, wanted }, ...(cause === undefined ? {} : { cause }) },
  )
}

/** What is read at a version of its own is another permission than what is read as it is now. */
export function byVersion(use: ObjectUse, refs: ReadonlyMap<string, S3ObjectRef>): readonly S3Use[] {
  const isPinned = (pieces: ObjectUse['keys'][number]) =>
    pieces.length === 1 && refs.get(pieces[0] ?? '')?.versionId !== undefined
  const pinnedKeys = use.keys.filter(isPinned)
  const others = use.keys.filter(pieces => !isPinned(pieces))
  return [
    ...(others.length === 0 ? [] : [{ ...use, keys: others }]),
    ...(pinnedKeys.length === 0 ? [] : [{ ...use, keys: pinnedKeys, does: ['readVersion'] as const }]),
  ]
}
