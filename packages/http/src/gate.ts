import { orAborted, wait } from './wait.js'

/** Spaces requests out, and holds all of them when the server asked for it. */
export interface Gate {
  /** Resolves when a request may begin. Throws the signal's reason; the turn is then the next one's. */
  pass(signal: AbortSignal | undefined): Promise<void>
  /** No request begins for this long. Of several pauses the one that ends last counts. */
  pause(ms: number): void
}

/**
 * One gate for all requests of a reader: a rate limit is kept by all together, and a 429 to one concerns them all. Those who wait pass one
 * by one in the order they came. Time is the process's own, which nobody sets back.
 */
export function gate(requestsPerSecond: number | undefined, now: () => number = () => performance.now()): Gate {
  const everyMs = requestsPerSecond === undefined ? 0 : 1000 / requestsPerSecond
  let nextAtMs = Number.NEGATIVE_INFINITY
  let pausedUntilMs = Number.NEGATIVE_INFINITY
  let before: Promise<unknown> = Promise.resolve()

  const takeTurn = async (signal: AbortSignal | undefined) => {
    let dueAtMs = now()
    // Looked at again after each wait: a pause may have begun meanwhile.
    for (let atMs = dueAtMs; ; atMs = now()) {
      signal?.throwIfAborted()
      const freeAtMs = Math.max(nextAtMs, pausedUntilMs)
      if (freeAtMs <= atMs) break
      await wait(freeAtMs - atMs, signal)
      dueAtMs = freeAtMs
    }
    // From when it was due: timers are late, and that must not slow everyone down. But what was missed for longer is not made up for.
    nextAtMs = Math.max(dueAtMs, now() - everyMs) + everyMs
  }

  return {
    pass(signal) {
      const mine = before.then(() => takeTurn(signal))
      before = mine.catch(() => undefined)
      return orAborted(mine, signal)
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, now() + ms)
    },
  }
}
