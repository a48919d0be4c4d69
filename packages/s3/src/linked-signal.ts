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
