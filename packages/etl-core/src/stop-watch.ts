import { StopError } from './errors.js'
import type { Clock } from './load.js'

/** When to stop: a caller's signal or a deadline, as two signals. */
export interface StopWatch {
  /** Stop reading, flush, suspend. */
  readonly soft: AbortSignal
  /** Even flushing must end now. */
  readonly hard: AbortSignal
  /** How long a batch and its flush took, in milliseconds. */
  observeMs(durationMs: number): void
  dispose(): void
}

/** After a stop a flush may take this long before it is cut off. Long enough for a large part, short of most platforms' patience. */
const graceMs = 30_000
/** Kept free before the deadline however quick the batches are: a state write and a reply. */
const leastMarginMs = 1_000

/**
 * Watches a signal and a deadline. The soft stop comes before the deadline by twice the slowest batch and flush seen so far, so that
 * one more of them still fits.
 */
export function stopWatch(options: {
  signal?: AbortSignal | undefined
  deadlineAtMs?: number | undefined
  clock: Clock
}): StopWatch {
  const { signal, deadlineAtMs, clock } = options
  const soft = new AbortController()
  const hard = new AbortController()
  const timers = new Set<NodeJS.Timeout>()
  let slowestMs = 0
  let deadlineTimer: NodeJS.Timeout | undefined

  const after = (ms: number, act: () => void): NodeJS.Timeout => {
    // setTimeout holds 31 bits of milliseconds; a deadline beyond that is none.
    const timer = setTimeout(act, Math.min(Math.max(0, ms), 0x7fffffff))
    timer.unref()
    timers.add(timer)
    return timer
  }
  const stop = (error: StopError) => {
    if (soft.signal.aborted) return
    soft.abort(error)
    const left = deadlineAtMs === undefined ? graceMs : Math.min(graceMs, deadlineAtMs - clock.now() - 100)
    after(left, () => hard.abort(error))
  }
  const stopped = () =>
    stop(new StopError('ETL_STOP_SIGNAL', 'The run was asked to stop.', { retry: 'later', cause: signal?.reason }))
  const leftMs = () =>
    deadlineAtMs === undefined ? Number.POSITIVE_INFINITY : deadlineAtMs - Math.max(leastMarginMs, 2 * slowestMs) - clock.now()
  const arm = () => {
    if (deadlineAtMs === undefined || soft.signal.aborted) return
    if (deadlineTimer) {
      clearTimeout(deadlineTimer)
      timers.delete(deadlineTimer)
    }
    const left = leftMs()
    if (left <= 0) stop(new StopError('ETL_STOP_DEADLINE', 'The deadline is near.', { retry: 'later' }))
    else deadlineTimer = after(left, arm)
  }
  if (signal?.aborted) stopped()
  else signal?.addEventListener('abort', stopped, { once: true })
  arm()
  return {
    soft: soft.signal,
    hard: hard.signal,
    observeMs(durationMs) {
      const slower = durationMs > slowestMs
      if (slower) slowestMs = durationMs
      // The timer goes by this machine's time, and comes late where batches follow each other without a pause.
      if (slower || leftMs() <= 0) arm()
    },
    dispose() {
      signal?.removeEventListener('abort', stopped)
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
