import type { Clock } from './load.js'
import type { StateStore } from './state.js'

/** A state store that tells how long each of its calls took, in milliseconds; not listings, which take as long as they are long. */
export function timedState(state: StateStore, clock: Clock, observeMs: (durationMs: number) => void): StateStore {
  const timed = async <V>(call: () => Promise<V>): Promise<V> => {
    const startedAtMs = clock.now()
    try {
      return await call()
    } finally {
      observeMs(clock.now() - startedAtMs)
    }
  }
  const { repair } = state
  return {
    load: key => timed(() => state.load(key)),
    save: (key, value, expected) => timed(() => state.save(key, value, expected)),
    remove: (key, expected) => timed(() => state.remove(key, expected)),
    list: prefix => state.list(prefix),
    ...(repair && { repair: key => repair.call(state, key) }),
  }
}
