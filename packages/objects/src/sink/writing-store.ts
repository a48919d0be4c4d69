import { asWriting } from '../errors.js'
import type { ObjectStore } from '../store.js'

/**
 * The store as a sink uses it: what it reads, it reads in order to write, so whatever goes wrong is an error of the sink. Without this a
 * denied look at the destination would send people to the source.
 */
export function writingStore(store: ObjectStore): ObjectStore {
  const reading: Pick<ObjectStore, 'get' | 'head' | 'list'> = {
    get: async (key, options) => {
      const { info, body } = await act(() => store.get(key, options))
      return { info, body: translated(body) }
    },
    head: (key, options) => act(() => store.head(key, options)),
    list: (prefix, options) => translated(store.list(prefix, options)),
  }
  // Over nothing: a proxy of a store that is frozen may not replace its members.
  return new Proxy({} as ObjectStore, {
    get(_, name) {
      if (Object.hasOwn(reading, name)) return reading[name as keyof typeof reading]
      const member: unknown = Reflect.get(store, name, store)
      // Bound to the store itself: that of a class may have private fields, which nothing made over it has.
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
}

async function act<R>(call: () => Promise<R>): Promise<R> {
  try {
    return await call()
  } catch (error) {
    throw asWriting(error)
  }
}

/** By hand, so that leaving before the first `next` reaches the store, too. */
function translated<V>(values: AsyncIterable<V>): AsyncIterableIterator<V> {
  const iterator = values[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => act(() => iterator.next()),
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  }
}
