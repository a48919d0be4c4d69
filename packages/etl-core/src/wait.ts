import type { Clock } from './load.js'
import { after } from './timer.js'

/** Waits so many milliseconds, or returns at once when the signal aborts. Never throws: the caller looks at the signal. */
export function delay(ms: number, signal?: AbortSignal, clock?: Clock): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted || ms <= 0) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = after(clock, ms, done, true)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** The value of a promise, or `'stopped'` as soon as the signal aborts. A rejection after that is of no interest any more. */
export function orStopped<V>(promise: Promise<V>, signal: AbortSignal): Promise<V | 'stopped'> {
  if (signal.aborted) {
    promise.catch(() => undefined)
    return Promise.resolve('stopped')
  }
  // A value that is the word itself would be taken for a stop; no caller has strings.
  return new Promise((resolve, reject) => {
    const stop = () => resolve('stopped')
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/**
 * The value of a promise, or the signal's reason thrown as soon as that aborts: for calls that may not listen to it themselves. What comes of
 * the promise afterwards is of no interest.
 *
 * Not `Promise.race`: a race against one long-lived promise keeps every value it ever saw.
 */
export function orAborted<V>(promise: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
