import { setImmediate as allElse } from 'node:timers/promises'
import { type Clock, definePipeline, from, inspectState, listRejects, memoryState, run, type Source } from '@millrace/etl-core'
import { testStartMs } from './contexts.js'
import { memorySink } from './memory-sink.js'

/** A clock whose time passes only when nothing else is left to do: hours of waiting take no time, and always go the same way. */
export interface VirtualClock extends Clock {
  setTimer(act: () => void, ms: number): () => void
  /** Waits so many of its milliseconds. */
  sleep(ms: number): Promise<void>
  /**
   * What a promise comes to, time leaping from one timer to the next until then.
   *
   * @throws Error when nothing is left that time could bring.
   */
  until<V>(promise: Promise<V>): Promise<V>
}

interface Timer {
  readonly atMs: number
  readonly act: () => void
}

/**
 * A clock for simulations. A run that is given it (`clock`) takes its deadline, its lease and its waits from it. Everything else must wait for
 * promises alone, or for this clock: it does not see files, sockets and timers of the computer.
 *
 * @example
 * const clock = virtualClock()
 * const report = await clock.until(run(pipeline, {}, { clock, deadlineAtMs: clock.now() + 60_000 }))
 */
export function virtualClock(startMs: number = testStartMs): VirtualClock {
  const timers = new Set<Timer>()
  let nowMs = startMs
  const setTimer = (act: () => void, ms: number) => {
    const timer = { atMs: nowMs + Math.max(0, ms), act }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  return {
    now: () => nowMs,
    setTimer,
    sleep: ms => new Promise(resolve => void setTimer(resolve, ms)),
    async until(promise) {
      let settled = false
      const settle = () => {
        settled = true
      }
      promise.then(settle, settle)
      await codeOfRuns()
      for (;;) {
        // Behind all promises that can go on.
        await allElse()
        if (settled) return promise
        const next = earliest(timers)
        if (!next) throw new Error('Nothing is left that time could bring: something waits for what this clock does not see.')
        timers.delete(next)
        nowMs = Math.max(nowMs, next.atMs)
        next.act()
      }
    },
  }
}

/** Of those for the same moment the one that was set first. */
function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let first: Timer | undefined
  for (const timer of timers) if (!first || timer.atMs < first.atMs) first = timer
  return first
}

let loading: Promise<unknown> | undefined

/**
 * The core imports what runs loads, checks records and lists rejects when that is first needed, and the clock does not see modules on their way: it
 * would leap to the next timer. Once for a process, all of it is needed in a load that is over before time begins.
 */
function codeOfRuns(): Promise<unknown> {
  loading ??= (async () => {
    const source: Source<unknown> = {
      name: 'nothing',
      capabilities: { resumable: true, rereads: 'same' },
      plan: async () => ({ splits: [{ id: 'nothing', params: null }] }),
      async *read() {},
    }
    const anything = { '~standard': { version: 1 as const, vendor: 'millrace', validate: (value: unknown) => ({ value }) } }
    const steps = from(source)
      .validate(anything)
      .eachAsync(async record => record)
    const state = memoryState()
    await run(definePipeline({ name: 'nothing', build: () => steps.into(memorySink()) }), {}, { state })
    for await (const _ of listRejects(state)) break
    await inspectState(state)
  })()
  return loading
}
