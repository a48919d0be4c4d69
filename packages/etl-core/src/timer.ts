import type { Clock } from './load.js'

/** setTimeout holds 31 bits of milliseconds and fires at once beyond; a timer that is longer fires early, and is then set anew or was no timer. */
const longestMs = 0x7fffffff

/**
 * Calls `act` in so many milliseconds of a clock.
 *
 * @param keepsProcess - The process lives on until then. Default false.
 * @returns What calls it off.
 */
export function after(clock: Clock | undefined, ms: number, act: () => void, keepsProcess = false): () => void {
  const waitMs = Math.min(Math.max(0, ms), longestMs)
  if (clock?.setTimer) return clock.setTimer(act, waitMs)
  const timer = setTimeout(act, waitMs)
  if (!keepsProcess) timer.unref()
  return () => clearTimeout(timer)
}

/** Calls `act` again and again, so many milliseconds apart. */
export function every(clock: Clock, ms: number, act: () => void): () => void {
  let cancel = after(clock, ms, again)
  return () => cancel()

  function again() {
    cancel = after(clock, ms, again)
    act()
  }
}
