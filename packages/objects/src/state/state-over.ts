import type { StateStore } from '@millrace/etl-core'
import type { ObjectStore } from '../store.js'
import { conditionalState } from './conditional.js'
import { versionedState } from './versioned.js'

/**
 * State in an object store, below `prefix`: {@link conditionalState} where the store compares and replaces atomically, else
 * {@link versionedState}. The store is opened at the first call; nothing is created before the first save.
 *
 * @param store - A store, or how to open one.
 * @example
 * const report = await run(population, {}, { state: stateOver(folderStore('./state'), 'population') })
 */
export function stateOver(store: ObjectStore | (() => ObjectStore | Promise<ObjectStore>), prefix: string): StateStore {
  const open = typeof store === 'function' ? store : () => store
  let state: StateStore | undefined
  const opened = async (): Promise<StateStore> => {
    if (state) return state
    const found = await open()
    state ??= found.capabilities.replaceIfUnchanged === 'atomic' ? conditionalState(found, prefix) : versionedState(found, prefix)
    return state
  }
  return {
    load: async key => (await opened()).load(key),
    save: async (key, value, expected) => (await opened()).save(key, value, expected),
    remove: async (key, expected) => (await opened()).remove(key, expected),
    repair: async key => (await (await opened()).repair?.(key)) ?? false,
    async *list(prefix) {
      yield* (await opened()).list(prefix)
    },
  }
}
