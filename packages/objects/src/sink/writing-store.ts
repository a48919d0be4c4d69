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
  const members = Object.entries(reading).map(([name, value]) => [name, { value, enumerable: true }])
  // Over the store and not a copy of it: a store may have inherited its members.
  return Object.create(store, Object.fromEntries(members)) as ObjectStore
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
