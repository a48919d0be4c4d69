import type { StateStore } from '../src/index.js'

/** State that tells what was asked of it: `load head`, `save bookmarks`, `list done/…`; and how many calls were on their way at once. */
export function countingState(state: StateStore) {
  const calls: string[] = []
  let open = 0
  let peak = 0
  const counted = async <V>(call: string, act: () => Promise<V>): Promise<V> => {
    calls.push(call)
    open++
    try {
      // Others that begin in the same turn are on their way, too.
      await new Promise(resolve => setImmediate(resolve))
      peak = Math.max(peak, open)
      return await act()
    } finally {
      open--
    }
  }
  const counting: StateStore = {
    load: key => counted(`load ${key}`, () => state.load(key)),
    save: (key, value, expected) => counted(`save ${key}`, () => state.save(key, value, expected)),
    remove: (key, expected) => counted(`remove ${key}`, () => state.remove(key, expected)),
    async *list(prefix) {
      calls.push(`list ${prefix}`)
      yield* state.list(prefix)
    },
  }
  return {
    state: counting,
    calls,
    /** The most calls that were on their way at once, since this was asked last. */
    peak: () => {
      const was = peak
      peak = 0
      return was
    },
    /** What was asked since this was asked last. */
    since: () => calls.splice(0),
  }
}
