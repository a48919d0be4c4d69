import type { ObjectsConnector, ObjectsPlace, Place } from '@millrace/etl-core'
import { statePrefixOf } from './sink/names.js'
import { objectSink } from './sink/object-sink.js'
import { objectSource } from './source/object-source.js'
import { stateOver } from './state/state-over.js'
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
export function objectsConnector({ scheme, open }: ObjectsConnectorOptions): ObjectsConnector {
  return Object.freeze<ObjectsConnector>({
    kind: 'objects',
    scheme,
    open: place => objectsPlace(place.shown, open(place)),
  })
}

function objectsPlace(shown: string, open: () => ObjectStore | Promise<ObjectStore>): ObjectsPlace {
  let opening: Promise<ObjectStore> | undefined
  const store = (): Promise<ObjectStore> => {
    opening ??= (async () => open())().catch(error => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    sink: options => objectSink({ ...options, store, shown }),
    source: options => objectSource({ ...options, store, shown }),
    home: { place: shown, state: pipeline => stateOver(store, statePrefixOf(pipeline)) },
  }
}
