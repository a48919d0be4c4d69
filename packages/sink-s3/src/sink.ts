import type { ObjectSinkOptions, Sink } from '@millrace/etl-core'
import { type ObjectSinkSettings, objectSink } from '@millrace/objects'
import { type S3Options, s3Access, s3Store } from '@millrace/s3'
import type { S3SinkOptions } from './options.js'

/**
 * Writes records to objects of an S3 bucket, in any format. The same as `connect.objects('s3://bucket/prefix', …)`, for pipelines whose
 * place is fixed.
 *
 * Input: what the format takes. Output with layout `object` (the default): one object per group at `path`, and a copy at `latest`, replaced
 * whole when the group is published; with `append`: one object per part, `<path>/<first batch's id>.<ext>`, with `partitionBy` as Hive has
 * it.
 * Delivery: a flush stages what was written below `_millrace/<pipeline>/staging/`, so flushed records survive a stop; nothing is visible
 * before its group is published, and publishing may be repeated. S3 puts staged parts together itself. An object is replaced only if it is as
 * the load found it (If-Match), else `ETL_OBJECT_CONFLICT`. State lies beside the data, in `_millrace/<pipeline>/state/`.
 * Memory: `partBytes` per open split, and what the format holds of an open unit.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options and templates. While writing what `s3Store` throws: `ETL_SINK_DENIED`,
 * `ETL_SINK_NOT_FOUND` (no such bucket), `ETL_SINK_RATE_LIMITED` and `ETL_SINK_UNAVAILABLE` (later), ConfigError `ETL_CONFIG_CREDENTIALS`,
 * `ETL_CONFIG_REGION`; after its end `ETL_SINK_CLOSED`. While publishing `ETL_OBJECT_CONFLICT`, `ETL_STAGING_DAMAGED`.
 * @example
 * const sink = s3Sink({ bucket: 'lake', prefix: 'population', path: '{indicator}/{lastUpdated}.csv', format: csv() })
 */
export function s3Sink<T>(options: S3SinkOptions<T>): Sink<T> {
  const { format, path, latest, layout, partitionBy, schemaChanges, objectBytes, ...rest } = options
  const s3: S3Options = rest
  const store = s3Store(s3)
  const shaped: ObjectSinkOptions<T> = {
    format,
    path,
    ...(latest === undefined ? {} : { latest }),
    ...(layout === undefined ? {} : { layout }),
    ...(partitionBy === undefined ? {} : { partitionBy }),
    ...(schemaChanges === undefined ? {} : { schemaChanges }),
  }
  const settings: ObjectSinkSettings<T> = {
    ...shaped,
    store: () => store,
    shown: store.place,
    access: uses => s3Access(s3, uses),
    ...(rest.partBytes === undefined ? {} : { partBytes: rest.partBytes }),
    ...(objectBytes === undefined ? {} : { objectBytes }),
  }
  return objectSink(settings)
}
