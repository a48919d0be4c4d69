import { type ObjectsConnector, parsePlace, type StateStore } from '@millrace/etl-core'
import { conditionalState, objectsConnector, stateUse } from '@millrace/objects'
import { s3Access } from './access.js'
import { checkPlaceOptions, type S3PlaceOptions } from './options.js'
import { bucketPlace } from './place.js'
import { s3Store } from './store.js'

/**
 * The connector of {@link s3}, with more said than a place can: encryption, storage class, tags, an endpoint, a ready client.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 * @example
 * const lake = s3With({ serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/lake', storageClass: 'STANDARD_IA' })
 * definePipeline({ name: 'population', connectors: [folder, lake], build: ({ connect }) => … connect.objects('s3://lake/out', …) })
 */
export function s3With(options: S3PlaceOptions): ObjectsConnector {
  checkPlaceOptions(options)
  return objectsConnector({
    scheme: 's3',
    open(place) {
      const { bucket, prefix } = bucketPlace(place)
      return () => s3Store({ ...options, bucket, prefix, place: place.shown })
    },
    access: (place, uses) => s3Access({ ...options, ...bucketPlace(place) }, uses),
  })
}

/**
 * Buckets as places: `s3://bucket`, `s3://bucket/prefix`. Lists, reads and writes with {@link s3Store}; state lies below the place, in
 * `_millrace/`, saved under If-Match, so it needs no table and no lock. The SDK loads when a place is first used.
 *
 * Credentials and region come from where the AWS SDK finds them: environment, profile, container or instance role. The prefix is taken as
 * it is written, without percent-decoding.
 *
 * Opening a place throws ConfigError `ETL_PLACE_INVALID` for what cannot be a bucket or a prefix, for `?` and `#`, and `ETL_PLACE_SECRET` for
 * a user in it.
 *
 * @example
 * definePipeline({ name: 'population', connectors: [folder, s3], build: ({ connect }) => … connect.objects('s3://lake/out', …) })
 */
export const s3: ObjectsConnector = s3With({})

/**
 * State in a bucket, for runs whose sink keeps none. One pipeline per place.
 *
 * @throws ConfigError as {@link s3} does for a place.
 * @example
 * await run(pipeline, params, { state: s3State('s3://lake/state/orders'), statePlace: 's3://lake/state/orders' })
 */
export function s3State(place: string, options: S3PlaceOptions = {}): StateStore {
  const { bucket, prefix } = bucketPlace(parsePlace(place))
  return {
    ...conditionalState(s3Store({ ...options, bucket, prefix }), ''),
    access: () => s3Access({ ...options, bucket, prefix }, [stateUse('')]),
  }
}
