/** What a timer can take, 24 days: with more it would fire at once. */
export const longestMs = 2 ** 31 - 1

/** The promise's value, or the signal's reason thrown as soon as it aborts. What comes of the promise after that is of no interest. */
export function orAborted<V>(promise: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
