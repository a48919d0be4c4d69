import type { Load } from '@millrace/etl-core'

/** What the splits of one run have in common: its budget, and whether the API has said anything yet. */
export interface RunTime {
  /** Milliseconds of the budget that are left, 0 if none. The budget begins with the first call. */
  leftMs(): number
  /** The API has answered some request of this run. */
  answered: boolean
}

/** More loads at once than one source ever reads; older ones are forgotten. */
const loadsKept = 8

/**
 * The time of each run of a source. Kept with the source and not in a cursor: a run that goes on after a stop has a budget of its own.
 * Where splits run in several processes, each process has the whole budget.
 */
export function runTimes(budgetMs: number): (load: Load) => RunTime {
  const times = new Map<string, RunTime>()
  return ({ loadId, attempt, epoch }) => {
    const key = JSON.stringify([loadId, attempt, epoch])
    const known = times.get(key)
    if (known) return known
    let beganAtMs: number | undefined
    const time: RunTime = {
      answered: false,
      // Not the run's clock: tests and back-fills set that to whatever they like, and requests take real time.
      leftMs() {
        const nowMs = performance.now()
        beganAtMs ??= nowMs
        return Math.max(0, beganAtMs + budgetMs - nowMs)
      },
    }
    times.set(key, time)
    for (const old of times.keys()) if (times.size > loadsKept) times.delete(old)
    return time
  }
}

/** A timer takes 24 days at most; with more it would fire at once. */
const longestMs = 2 ** 31 - 1

/** A signal that ends with another one, or when the time is up. `close` takes it off both. */
export interface TimedSignal {
  readonly signal: AbortSignal
  close(): void
}

/** Not AbortSignal.any and AbortSignal.timeout: on Node 20 those made from a long-lived signal stay in memory until that one is gone. */
export function timedSignal(outer: AbortSignal, leftMs: number): TimedSignal {
  const ender = new AbortController()
  const stop = () => ender.abort(outer.reason)
  const timeUp = () => ender.abort(new Error('The time is up.'))
  if (outer.aborted) stop()
  else outer.addEventListener('abort', stop, { once: true })
  if (leftMs <= 0) timeUp()
  const timer = setTimeout(timeUp, Math.min(leftMs, longestMs))
  // What is on the way keeps the process alive, not this.
  timer.unref()
  return {
    signal: ender.signal,
    close() {
      clearTimeout(timer)
      outer.removeEventListener('abort', stop)
    },
  }
}
