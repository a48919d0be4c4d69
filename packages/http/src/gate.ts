import type { Clock } from '@millrace/etl-core'
import { wait } from './wait.js'

/** Spaces requests out, and holds all of them when the server asked for it. */
export interface Gate {
  /** Resolves when a request may begin. Throws the signal's reason. */
  pass(signal: AbortSignal | undefined): Promise<void>
  /** No request begins for this long. */
  pause(ms: number): void
}

/** One gate for all requests of a reader: a rate limit is kept by all together, and a 429 to one concerns them all. */
export function gate(requestsPerSecond: number | undefined, clock: Clock): Gate {
  const everyMs = requestsPerSecond === undefined ? 0 : 1000 / requestsPerSecond
  let nextAtMs = 0
  let pausedUntilMs = 0
  return {
    async pass(signal) {
      const nowMs = clock.now()
      const atMs = Math.max(nowMs, nextAtMs, pausedUntilMs)
      nextAtMs = atMs + everyMs
      await wait(atMs - nowMs, signal)
      // A pause may have begun during the wait.
      if (pausedUntilMs > atMs) await wait(pausedUntilMs - clock.now(), signal)
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.now() + ms)
    },
  }
}
