import type { ObjectStore, StoreCallOptions } from './store.js'

/** A whole object in memory: for documents, not for data. */
export async function readObject(
  store: ObjectStore,
  key: string,
  options?: StoreCallOptions,
): Promise<{ readonly bytes: Uint8Array; readonly etag: string }> {
  const { info, body } = await store.get(key, options)
  return { bytes: await joined(body), etag: info.etag }
}

/** All chunks as one. */
export async function joined(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all.length === 1 ? (all[0] as Uint8Array) : Buffer.concat(all)
}

/** Whether two streams hold the same bytes, however they are cut. Ends at the first difference. */
export async function sameBytes(a: AsyncIterable<Uint8Array>, b: AsyncIterable<Uint8Array>): Promise<boolean> {
  const left = byteReader(a)
  const right = byteReader(b)
  try {
    for (;;) {
      const [x, y] = [await left.peek(), await right.peek()]
      if (x === undefined || y === undefined) return x === y
      const length = Math.min(x.length, y.length)
      if (Buffer.compare(x.subarray(0, length), y.subarray(0, length)) !== 0) return false
      left.skip(length)
      right.skip(length)
    }
  } finally {
    await left.close()
    await right.close()
  }
}

function byteReader(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  return {
    /** Some bytes that were not skipped yet, `undefined` at the end. */
    async peek(): Promise<Uint8Array | undefined> {
      while (rest.length === 0) {
        const next = await iterator.next()
        if (next.done) return undefined
        rest = next.value
      }
      return rest
    },
    skip(length: number) {
      rest = rest.subarray(length)
    },
    async close() {
      await iterator.return?.()
    },
  }
}
