import { type EtlError, retryOf } from './errors.js'
import { delay } from './wait.js'

/** How often and how soon to try again. */
export interface RetryOptions {
  /** All attempts, the first one included. */
  readonly attempts: number
  /** Before the second attempt, in milliseconds; doubles with each further one. Half of every wait is random. */
  readonly firstMs: number
  /** The longest wait. One who asks for a longer one (`retryAfterMs`) is not waited for. */
  readonly maxMs: number
}

/** What {@link withRetry} can be told. */
export interface WithRetryOptions extends Partial<RetryOptions> {
  /** Ends the wait, and the attempts; its reason is what is then thrown. */
  readonly signal?: AbortSignal | undefined
  /** Called before each wait, `attempt` being the one that failed. */
  readonly onRetry?: (notice: { readonly attempt: number; readonly waitMs: number; readonly error: EtlError }) => void
}

/**
 * Makes one call again while its error says `retry: 'later'`: doubling waits, half of them random, and at least as long as the other side
 * asked for.
 *
 * For single calls that may be repeated: a request, an object put. Never around a `SinkWriter`, whose calls have an order and a memory: a
 * split that failed is tried again by the runner.
 *
 * @param call - Gets the number of the attempt, from 1.
 * @param options - Default: 4 attempts, the first wait 500 ms, the longest 30 s.
 * @throws What `call` throws: as it is if its verdict is `never` or it is not ours; else, after all attempts, with the verdict `exhausted`
 * and `attempts` in its context. After an abort: the signal's reason.
 * @example
 * const answer = await withRetry(() => ask(query), { attempts: 3, signal: ctx.signal })
 */
export async function withRetry<V>(call: (attempt: number) => Promise<V>, options: WithRetryOptions = {}): Promise<V> {
  const { attempts = 4, firstMs = 500, maxMs = 30_000, signal, onRetry } = options
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await call(attempt)
    } catch (error) {
      signal?.throwIfAborted()
      if (retryOf(error) !== 'later') throw error
      const failure = error as EtlError
      const asked = failure.retryAfterMs ?? 0
      if (attempt >= attempts || asked > maxMs) throw exhausted(failure, attempt)
      const waitMs = Math.max(asked, backoffMs(attempt, { firstMs, maxMs }))
      onRetry?.({ attempt, waitMs, error: failure })
      await delay(waitMs, signal)
    }
  }
}

/**
 * The wait after a failed attempt: doubling, capped, and half of it random, so that callers that failed together do not come back
 * together. `random` is from 0 to 1.
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: Omit<RetryOptions, 'attempts'>, random = Math.random()): number {
  const full = Math.min(maxMs, firstMs * 2 ** (attempt - 1))
  return Math.round(full / 2 + random * (full / 2))
}

/** The same error when all attempts are used up, with all it carries. Copied, and not made anew: classes of others take what they like. */
function exhausted(error: EtlError, attempts: number): EtlError {
  const tried = attempts === 1 ? 'Tried once.' : `Tried ${attempts} times.`
  const own = (value: unknown) => ({ value, writable: true, enumerable: false, configurable: true })
  const shown = (value: unknown) => ({ ...own(value), enumerable: true })
  return Object.create(Object.getPrototypeOf(error), {
    ...Object.getOwnPropertyDescriptors(error),
    stack: own(error.stack),
    message: own(`${error.message} ${tried}`),
    retry: shown('exhausted'),
    context: shown({ ...error.context, attempts }),
  }) as EtlError
}
