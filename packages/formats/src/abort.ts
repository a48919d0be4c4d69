/** The items, until the signal aborts: then its reason is thrown at once, even while the next item is awaited. */
export async function* untilAborted<V>(items: AsyncIterable<V>, signal: AbortSignal | undefined): AsyncGenerator<V> {
  signal?.throwIfAborted()
  const iterator = items[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const item = await (signal ? orAborted(iterator.next(), signal) : iterator.next())
      ended = item.done === true
      if (item.done) return
      yield item.value
      signal?.throwIfAborted()
    }
  } finally {
    if (!ended) await closed(iterator, signal)
  }
}

/** Not `Promise.race`: a race against one long-lived promise keeps every chunk it ever saw. */
function orAborted<V>(promise: Promise<V>, signal: AbortSignal): Promise<V> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** An async generator answers `return` only when its pending read ends: after an abort nobody waits for that. */
async function closed(iterator: AsyncIterator<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const closing = iterator.return?.()
  if (signal?.aborted) closing?.catch(() => undefined)
  else await closing
}
