export type { S3ObjectRef, S3SourceOptions } from './options.js'
export { s3Source } from './source.js'
