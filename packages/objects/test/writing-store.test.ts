import { expect, test } from 'vitest'
import { memoryStore, type ObjectPiece, type ObjectStore, objectSink, type PutOptions } from '../src/index.js'
import { batch, runContext, split, splitContext } from './support/contexts.js'
import { lines } from './support/formats.js'
import { visible } from './support/stores.js'

/** A store as a class, with a field that only its own instances have. */
class ClassStore implements ObjectStore {
  readonly #inner = memoryStore()
  get place() {
    return this.#inner.place
  }
  get capabilities() {
    return this.#inner.capabilities
  }
  get(key: string) {
    return this.#inner.get(key)
  }
  head(key: string) {
    return this.#inner.head(key)
  }
  list(prefix: string) {
    return this.#inner.list(prefix)
  }
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions) {
    return this.#inner.put(key, body, options)
  }
  assemble(key: string, pieces: readonly ObjectPiece[], options?: PutOptions) {
    return this.#inner.assemble(key, pieces, options)
  }
  delete(keys: readonly string[]) {
    return this.#inner.delete(keys)
  }
}

test.each([
  ['a class with private fields', () => new ClassStore()],
  ['frozen', () => Object.freeze(memoryStore())],
])('a sink writes to a store that is %s', async (_, make) => {
  const store: ObjectStore = make()
  const sink = objectSink({ store: () => store, shown: 'memory:', format: lines, path: '{group}.txt' })
  const of = split('a')

  const writer = await sink.open(splitContext(of))
  await writer.write(batch(['x'], 1, of.id))
  const receipt = await writer.commit()
  await sink.publish?.({ name: 'a', receipts: [{ split: of, receipt }] }, runContext())
  await sink.discard?.(runContext().load.loadId, runContext())

  expect(await visible(store)).toEqual({ 'a.txt': '# begin\nx\n# end\n' })
})
