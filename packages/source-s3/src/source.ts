import type { Source } from '@millrace/etl-core'
import { type ObjectSourceSettings, objectSource } from '@millrace/objects'
import { type S3Options, s3Access, s3Store } from '@millrace/s3'
import { refsOf, type S3SourceOptions } from './options.js'
import { byVersion, pinned } from './pinned.js'

/**
 * Reads the objects of an S3 bucket, in any format: those whose keys begin with `prefix` and end with `suffix`, or exactly `keys`, each at
 * its newest version or at the one named. Without `keys`, those with a part that begins with `_` or `.` are passed over.
 *
 * Each object is one split and one group, named by its key, with the labels `key`, `name` (behind the last slash) and `stem` (the name
 * without its extension). Its etag is the bookmark: an object that is as the last load read it is skipped as `unchanged`, unless `reread`.
 * Reading goes on where it stopped, also within a download that is cut off, and gives the same records again: every request asks for the
 * version that was planned, so the bytes of two versions are never mixed.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options. SourceError `ETL_SOURCE_NOT_FOUND` for one of `keys` that is not there (that group
 * fails, the others go on) and for a bucket that is not, `ETL_SOURCE_REPLACED` for one of `keys` with another etag than was asked for (that
 * group fails, and nothing is tried again), `ETL_SOURCE_CHANGED` for an object that changes while it is read,
 * `ETL_SOURCE_DENIED`, `ETL_SOURCE_RATE_LIMITED` and `ETL_SOURCE_UNAVAILABLE` (later), and what the format throws. ConfigError
 * `ETL_CONFIG_CREDENTIALS`, `ETL_CONFIG_REGION`.
 * @example
 * from(s3Source({ bucket: 'incoming', prefix: 'orders/', suffix: '.csv', format: csv() }))
 * from(s3Source({ bucket: 'incoming', keys: [{ key: 'orders/1.csv', versionId: 'L4kqtJl…' }], format: csv() }))
 */
export function s3Source<T>(options: S3SourceOptions<T>): Source<T> {
  const { format, prefix, suffix, keys, reread, identity, ...rest } = options
  const s3: S3Options = rest
  const refs = refsOf(options)
  const store = pinned(s3Store(s3), refs)
  const settings: ObjectSourceSettings<T> = {
    format,
    store: () => store,
    shown: store.place,
    access: uses =>
      s3Access(
        s3,
        uses.flatMap(use => byVersion(use, refs)),
      ),
    // Which version is read decides the records.
    identity: { refs: [...refs.values()].map(ref => ({ ...ref })), more: identity ?? null },
    ...(prefix === undefined ? {} : { prefix }),
    ...(suffix === undefined ? {} : { suffix }),
    ...(reread === undefined ? {} : { reread }),
    ...(keys === undefined ? {} : { keys: keys.map(each => (typeof each === 'string' ? each : each.key)) }),
  }
  return objectSource(settings)
}
