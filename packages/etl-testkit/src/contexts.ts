import type { Clock, Json, Logger, RunContext, Split, SplitContext } from '@millrace/etl-core'
import { silentLog, systemClock } from '@millrace/etl-core'

/** When test loads began, in epoch milliseconds: 2026-01-01T00:00:00Z. */
export const testStartMs = Date.UTC(2026, 0, 1)

/**
 * What a source or sink is told in a test: pipeline `test`, load `load-1` begun on 2026-01-01, no bookmarks, never aborted, the
 * computer's clock. `over` replaces any of it.
 */
export function testContext(over: Partial<RunContext> = {}): RunContext {
  return {
    pipeline: 'test',
    version: '1',
    load: { loadId: 'load-1', startedAtMs: testStartMs, attempt: 1, epoch: 1 },
    bookmarks: new Map(),
    signal: new AbortController().signal,
    clock: systemClock,
    log: silentLog,
    ...over,
  }
}

/** {@link testContext} for one split, by default `{ id: 'split-1', params: null }`. */
export function testSplitContext(over: Partial<SplitContext> = {}): SplitContext {
  const split: Split = { id: 'split-1', params: null }
  return { ...testContext(over), split, progress: { retried() {} }, ...over }
}

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /** Moves on, in milliseconds. */
  advance(ms: number): void
  /** Jumps, in epoch milliseconds. */
  set(nowMs: number): void
}

/** A clock that tests move. It moves no timers: what waits with `setTimeout` waits in real time. */
export function manualClock(startMs: number = testStartMs): ManualClock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    advance: ms => {
      nowMs += ms
    },
    set: ms => {
      nowMs = ms
    },
  }
}

/** One line that a plug-in logged. */
export interface LogEntry {
  readonly level: 'info' | 'warn'
  readonly message: string
  readonly context: Readonly<Record<string, unknown>>
}

/** A logger that keeps what it is told. */
export interface RecordingLog extends Logger {
  readonly entries: readonly LogEntry[]
}

/** A logger for asserting that something was said, or that nothing was. */
export function recordingLog(): RecordingLog {
  const entries: LogEntry[] = []
  return {
    entries,
    info: (message, context = {}) => void entries.push({ level: 'info', message, context }),
    warn: (message, context = {}) => void entries.push({ level: 'warn', message, context }),
  }
}

/** What state gives back of a value: the value after a trip through JSON text. */
export function throughJson<V>(value: V): V {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value as Json)) as V)
}
