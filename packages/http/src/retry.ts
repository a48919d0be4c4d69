/** How often and how soon to try again. */
export interface RetryOptions {
  /** All attempts, the first one included. */
  readonly attempts: number
  /** Before the second attempt, in milliseconds; doubles with each further one. Half of every wait is random. */
  readonly firstMs: number
  /** The longest wait. A server that asks for a longer one with Retry-After is not waited for. */
  readonly maxMs: number
}

/**
 * The wait after a failed attempt: doubling, capped, and half of it random, so that callers that failed together do not come back
 * together. `random` is from 0 to 1.
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: RetryOptions, random = Math.random()): number {
  const full = Math.min(maxMs, firstMs * 2 ** (attempt - 1))
  return Math.round(full / 2 + random * (full / 2))
}

/**
 * Retry-After as milliseconds from now: seconds or an HTTP date (RFC 9110, section 10.2.3). Fractions of seconds are against the
 * standard, but servers send them. `undefined` if absent or neither; a date that has passed is 0.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  // Only dates with a weekday name: Date.parse also takes "-5" for a year.
  const atMs = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
