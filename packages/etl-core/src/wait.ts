/** Waits, or returns at once when the signal aborts. Never throws: the caller looks at the signal. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted || ms <= 0) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** The value of a promise, or `'stopped'` as soon as the signal aborts. A rejection after that is of no interest any more. */
export function orStopped<V>(promise: Promise<V>, signal: AbortSignal): Promise<V | 'stopped'> {
  if (signal.aborted) {
    promise.catch(() => undefined)
    return Promise.resolve('stopped')
  }
  return new Promise((resolve, reject) => {
    const stop = () => resolve('stopped')
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
