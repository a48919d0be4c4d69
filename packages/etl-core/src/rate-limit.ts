import { ConfigError } from './errors.js'
import { delay, orAborted } from './wait.js'

/** Spaces calls out, and holds all of them when the other side asked for it. */
export interface RateLimit {
  /** Resolves when a call may begin. Throws the signal's reason; the turn is then the next one's. */
  pass(signal?: AbortSignal): Promise<void>
  /** No call begins for this long. Of several pauses the one that ends last counts. */
  pause(ms: number): void
}

/**
 * One limit for all calls that share it: the rate is kept by all together, and a 429 to one concerns them all. Those who wait pass one by
 * one in the order they came; what was missed is not made up for. It holds for this process: workers on several machines each have theirs.
 *
 * @param perSecond - Calls that may begin per second; `undefined`: any number, and only pauses hold.
 * @param now - Milliseconds of a clock that nobody sets back. Default: the process's own.
 * @throws ConfigError `ETL_CONFIG_INVALID` for a rate that is not above 0.
 * @example
 * const limit = rateLimit(5)
 * flow.eachAsync(async (order, ctx) => { await limit.pass(ctx.signal); return priced(order) })
 */
export function rateLimit(perSecond: number | undefined, now: () => number = () => performance.now()): RateLimit {
  if (perSecond !== undefined && !(perSecond > 0))
    throw new ConfigError('ETL_CONFIG_INVALID', `rateLimit() takes a number of calls per second above 0, and got ${perSecond}.`)
  const everyMs = perSecond === undefined ? 0 : 1000 / perSecond
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
      await delay(freeAtMs - atMs, signal)
      dueAtMs = freeAtMs
    }
    // From when it was due: timers are late, and that must not slow everyone down. But what was missed for longer is not made up for.
    nextAtMs = Math.max(dueAtMs, now() - everyMs) + everyMs
  }

  return {
    pass(signal) {
      const mine = before.then(() => takeTurn(signal))
      before = mine.catch(() => undefined)
      return signal ? orAborted(mine, signal) : mine
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, now() + ms)
    },
  }
}
