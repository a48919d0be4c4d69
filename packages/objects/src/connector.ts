import type { Access, ObjectsConnector, ObjectsPlace, Place } from '@millrace/etl-core'
import type { AccessFor, ObjectUse } from './access.js'
import { objectSink } from './sink/object-sink.js'
import { objectSource } from './source/object-source.js'
import { objectsHome } from './state/home.js'
import type { ObjectStore } from './store.js'

/** How an object connector opens its places. */
export interface ObjectsConnectorOptions {
  /** Lower case: `file`, `s3`. */
  readonly scheme: string
  /**
   * Checks a place at once, throwing ConfigError, and returns how its store is opened. That happens at first use, once per place; what is
   * heavy is loaded there.
   */
  open(place: Place): () => ObjectStore | Promise<ObjectStore>
  /** What must be allowed there for objects to be used so. Pure. Default: sinks and sources do not say what they need. */
  access?(place: Place, uses: readonly ObjectUse[]): readonly Access[]
}

/**
 * A connector for places that hold objects, over a store.
 *
 * @example
 * export const s3 = objectsConnector({
 *   scheme: 's3',
 *   open(place) {
 *     const bucket = bucketOf(place)
 *     return async () => (await import('./s3-store.js')).s3Store({ ...bucket, place: place.shown })
 *   },
 * })
 */
export function objectsConnector({ scheme, open, access }: ObjectsConnectorOptions): ObjectsConnector {
  return Object.freeze<ObjectsConnector>({
    kind: 'objects',
    scheme,
    open: place => objectsPlace(place.shown, open(place), access && (uses => access(place, uses))),
  })
}

function objectsPlace(
  shown: string,
  open: () => ObjectStore | Promise<ObjectStore>,
  access: AccessFor | undefined,
): ObjectsPlace {
  let opening: Promise<ObjectStore> | undefined
  const store = (): Promise<ObjectStore> => {
    opening ??= (async () => open())().catch(error => {
      opening = undefined
      throw error
    })
    return opening
  }
  const place = { store, shown, ...(access && { access }) }
  return {
    sink: options => objectSink({ ...options, ...place }),
    source: options => objectSource({ ...options, ...place }),
    home: objectsHome(shown, store, access),
  }
}
