export type { S3ClientOptions, S3PlaceOptions, S3WriteOptions } from '@millrace/s3'
export { s3, s3State, s3With } from '@millrace/s3'
export type { S3SinkOptions } from './options.js'
export { s3Sink } from './sink.js'
