import type { Bookmark, Checkpoint, Split } from './split.js'

/** One logical run of a pipeline. All its attempts (after a stop, a crash, on another machine) share it. */
export interface Load {
  /** From the trigger where that has an identity (scheduled time, object version, message id), else made when the load begins. */
  readonly loadId: string
  /** Epoch milliseconds, frozen when the load begins. Rules that depend on "now" use this, never the clock. */
  readonly startedAtMs: number
  /** 1 for the first run of this load, one more each time it is taken up again. */
  readonly attempt: number
  /** Fencing token: grows with every owner, goes into every state write. A writer with a lower one is refused. */
  readonly epoch: number
}

/** Time, as a value: tests pass one that they move themselves. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /**
   * Calls `act` when so many milliseconds of this clock have passed. Default: the computer's, as for a clock that is merely a little off.
   *
   * @returns What calls it off.
   */
  setTimer?(act: () => void, ms: number): () => void
}

/** Where plug-ins say that something unusual happened. A run without incident logs nothing: it has its report. */
export interface Logger {
  info(message: string, context?: Readonly<Record<string, unknown>>): void
  warn(message: string, context?: Readonly<Record<string, unknown>>): void
}

/** What every part of a run is told. */
export interface RunContext {
  /** The pipeline's name. */
  readonly pipeline: string
  /** The pipeline's `version` from its definition. */
  readonly version: string
  readonly load: Load
  /** By group; only those whose fingerprint and published objects still hold. */
  readonly bookmarks: ReadonlyMap<string, Bookmark>
  /** Aborted when the run must stop. After it no new request may start. */
  readonly signal: AbortSignal
  /** Epoch milliseconds after which the process may be gone. */
  readonly deadlineAtMs?: number
  readonly clock: Clock
  readonly log: Logger
}

/** What the parts of one split are told. */
export interface SplitContext extends RunContext {
  readonly split: Split
  /** Where this attempt goes on: the checkpoint state holds. Absent when the split begins at its start. */
  readonly resume?: Checkpoint
  /** Reports what only a plug-in sees; records, batches and bytes are counted by the runner. */
  readonly progress: SplitProgress
}

/** Counters a source or sink may add to; they appear in progress events and the report. */
export interface SplitProgress {
  /** A call that was tried again: a page that answered 502, a throttled put. */
  retried(what: string, error: unknown): void
}

/** The computer's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** A logger that drops everything. */
export const silentLog: Logger = { info() {}, warn() {} }
