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
      // The plan then names the version that was asked for; reading it finds another one and says so, for this object alone.
      return found && etag !== undefined ? { ...found, etag } : found
    },
  }
}

/** `wanted` in its context says that this one version was asked for: reading again gives the same answer. */
function replacedError(place: string, wanted: string, cause: unknown): SourceError {
  return new SourceError(
    'ETL_SOURCE_CHANGED',
    `${place} is no longer the version ${wanted} that was asked for: it was replaced. Ask for the one that is there now, by its etag or without.`,
    { context: { place, wanted }, cause },
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
