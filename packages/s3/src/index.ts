export { s3, s3State, s3With } from './connector.js'
export type { S3ClientOptions, S3Options, S3PlaceOptions, S3WriteOptions } from './options.js'
export type { S3GetOptions } from './read.js'
export { type S3Store, s3Store } from './store.js'
