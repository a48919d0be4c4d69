import { StopError } from './errors.js'
import type { Clock } from './load.js'
import { after } from './timer.js'

/** When to stop: a caller's signal or a deadline, as two signals. */
export interface StopWatch {
  /** Stop reading, flush, suspend. */
  readonly soft: AbortSignal
  /** Even flushing must end now: what is left of the time is needed to give ownership back. */
  readonly hard: AbortSignal
  /** How long a batch and its flush took, or publishing a group, in milliseconds. */
  observeMs(durationMs: number): void
  /** How long a call of state took, in milliseconds. */
  observeStateMs(durationMs: number): void
  /** How many calls of state it takes to end the run, one after the other. */
  endsInCalls(count: number): void
  /** The longest time that may pass between two flushes, so that the first one comes while there is time to learn from it. */
  readonly flushEveryMs: number
  dispose(): void
}

/** When the process may be gone, and what else is to be done until then. */
export interface StopWatchOptions {
  readonly signal?: AbortSignal | undefined
  /** Epoch milliseconds. */
  readonly deadlineAtMs?: number | undefined
  /** What the caller needs between the end of the run and the deadline. */
  readonly reserveMs?: number | undefined
  readonly clock: Clock
}

/** After a stop a flush may take this long before it is cut off. Long enough for a large part, short of most platforms' patience. */
const graceMs = 30_000
/** Kept free before the deadline however quick the batches are: a flush, state writes and a reply. */
const leastMarginMs = 1_000
/** Of that, kept free for state writes alone. */
const leastEndingMs = 100
/** State that is slow for a moment takes no more than this share of the time, or a short run would do nothing but end. */
const mostEndingShare = 0.25

/**
 * Watches a signal and a deadline. The soft stop comes before the deadline by twice the slowest batch and flush seen so far, so that
 * one more of them still fits, and by what ending the run takes: twice the usual time of the calls of state that are left, and what the caller
 * asked for. Where a flush does not fit all the same, the hard stop gives it up in time for those.
 */
export function stopWatch({ signal, deadlineAtMs, reserveMs = 0, clock }: StopWatchOptions): StopWatch {
  const soft = new AbortController()
  const hard = new AbortController()
  const beganAtMs = clock.now()
  const wholeMs = deadlineAtMs === undefined ? Number.POSITIVE_INFINITY : deadlineAtMs - beganAtMs
  let slowestMs = 0
  let calls = 0
  let seenCalls = 0
  let usualCallMs = 0
  let cancelDeadline = () => {}
  let cancelHard = () => {}

  const endingMs = () => reserveMs + Math.max(leastEndingMs, Math.min(mostEndingShare * wholeMs, 2 * calls * usualCallMs))
  const marginMs = () => {
    const ending = endingMs()
    return Math.max(leastMarginMs, ending + Math.max(leastEndingMs, 2 * slowestMs))
  }
  const stop = (error: StopError) => {
    if (soft.signal.aborted) return
    cancelDeadline()
    soft.abort(error)
    const left = deadlineAtMs === undefined ? graceMs : Math.min(graceMs, deadlineAtMs - clock.now() - endingMs())
    cancelHard = after(clock, left, () => hard.abort(error))
  }
  const stopped = () =>
    stop(new StopError('ETL_STOP_SIGNAL', 'The run was asked to stop.', { retry: 'later', cause: signal?.reason }))
  const leftMs = () => (deadlineAtMs === undefined ? Number.POSITIVE_INFINITY : deadlineAtMs - marginMs() - clock.now())
  const arm = () => {
    if (deadlineAtMs === undefined || soft.signal.aborted) return
    cancelDeadline()
    const left = leftMs()
    if (left <= 0) stop(new StopError('ETL_STOP_DEADLINE', 'The deadline is near.', { retry: 'later' }))
    else cancelDeadline = after(clock, left, arm)
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
    observeStateMs(durationMs) {
      // The first call finds the way there: names, connections, credentials.
      if (seenCalls++ === 0) return
      const weight = seenCalls === 2 ? 1 : 1 / 8
      usualCallMs += weight * (Math.max(0, durationMs) - usualCallMs)
      if (leftMs() <= 0) arm()
    },
    endsInCalls(count) {
      calls = count
      arm()
    },
    flushEveryMs: wholeMs / 4,
    dispose() {
      signal?.removeEventListener('abort', stopped)
      cancelDeadline()
      cancelHard()
    },
  }
}
