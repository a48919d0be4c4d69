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
