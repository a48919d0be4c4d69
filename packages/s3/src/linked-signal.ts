import { setMaxListeners } from 'node:events'

/** A signal that follows another one, and can be aborted by itself. */
export interface LinkedSignal {
  readonly signal: AbortSignal
  /** Ends what hangs on the signal; the first reason counts. */
  stop(reason: unknown): void
  /** Lets go of the other signal, which may live much longer. */
  unlink(): void
}

/** What `AbortSignal.any` is for; on Node 20 its signals pile up for as long as the outer one lives. */
export function linkedSignal(outer: AbortSignal | undefined): LinkedSignal {
  const controller = new AbortController()
  // One listener for each request on its way.
  setMaxListeners(0, controller.signal)
  const follow = () => controller.abort(outer?.reason)
  if (outer?.aborted) follow()
  else outer?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    stop: reason => controller.abort(reason),
    unlink: () => outer?.removeEventListener('abort', follow),
  }
}

/**
 * Work that a signal should not cut off, because its result has to be cleared away: it is waited for, but not much longer once the signal
 * has come.
 *
 * @param tooLate - Called with a result nobody waits for any more.
 * @throws The signal's reason when the work has not ended `graceMs` after it.
 */
export function withGrace<R>(
  work: Promise<R>,
  signal: AbortSignal | undefined,
  graceMs: number,
  tooLate: (result: R) => unknown,
): Promise<R> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let late = false
    const wait = () => {
      timer = setTimeout(() => {
        late = true
        reject(signal.reason)
      }, graceMs)
    }
    if (signal.aborted) wait()
    else signal.addEventListener('abort', wait, { once: true })
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wait)
    }
    work.then(
      result => {
        done()
        if (late) tooLate(result)
        resolve(result)
      },
      error => {
        done()
        reject(error)
      },
    )
  })
}
