import { orAborted } from '@millrace/etl-core'

/** The items, until the signal aborts: then its reason is thrown at once, even while the next item is awaited. */
export async function* untilAborted<V>(items: AsyncIterable<V>, signal: AbortSignal | undefined): AsyncGenerator<V> {
  signal?.throwIfAborted()
  const iterator = items[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const item = await orAborted(iterator.next(), signal)
      ended = item.done === true
      if (item.done) return
      yield item.value
      signal?.throwIfAborted()
    }
  } finally {
    if (!ended) await closed(iterator, signal)
  }
}

/** An async generator answers `return` only when its pending read ends: after an abort nobody waits for that. */
async function closed(iterator: AsyncIterator<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const closing = iterator.return?.()
  if (signal?.aborted) closing?.catch(() => undefined)
  else await closing
}
