import type { ObjectSinkOptions } from '@millrace/etl-core'
import type { S3ClientOptions, S3WriteOptions } from '@millrace/s3'

/** What {@link s3Sink} can be told: where, how records become objects, and how S3 is to keep them. */
export interface S3SinkOptions<T> extends ObjectSinkOptions<T>, S3ClientOptions, Omit<S3WriteOptions, 'partBytes'> {
  readonly bucket: string
  /** Everything lies below `<prefix>/`: objects, parts on their way, state. Default: in the bucket's root. */
  readonly prefix?: string
  /**
   * Bytes of an open split that are held before they are sent, and the size of an upload's parts. 5 MiB to 5 GiB, default 8 MiB: small
   * beside a run's budget of 64 MiB, and large enough for S3 to put objects together without sending the bytes again.
   */
  readonly partBytes?: number
  /** `append` only: parts of one split become one object up to this size, bytes. Default 128 MiB, what Athena and Spark like best. */
  readonly objectBytes?: number
}
