import type { ObjectsConnector } from '@millrace/etl-core'
import { objectsConnector } from '@millrace/objects'
import { checkPlaceOptions, type S3PlaceOptions } from './options.js'
import { bucketPlace } from './place.js'
import { s3Store } from './store.js'

export function s3With(options: S3PlaceOptions): ObjectsConnector {
  checkPlaceOptions(options)
  return objectsConnector({
    scheme: 's3',
    open(place) {
      const { bucket, prefix } = bucketPlace(place)
      return () => s3Store({ ...options, bucket, prefix, place: place.shown })
    },
  })
}

export const s3: ObjectsConnector = s3With({})
