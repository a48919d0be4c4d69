import type { Reject, Sink, StateStore } from '@millrace/etl-core'
import type { CrashKind, PartsOfLife } from '@millrace/etl-testkit/cases'
import type { Draft } from './drafts.js'

/** The parts of a destination as one process opens them. */
export interface SinkParts {
  readonly sink: Sink<Draft>
  readonly state: StateStore
  /** Where the rejects of `validate` are copied to. */
  readonly rejectsTo?: Sink<Reject>
}

/** A destination with nothing in it. */
export interface OpenSink {
  open(life: PartsOfLife): SinkParts
  /** What a reader sees: drafts, and the raw records of copied rejects. */
  read(): Promise<readonly unknown[]>
  /** Throws if something is left that nobody would remove. `after` is what happened to a process there. */
  close(after?: CrashKind): Promise<void>
}

/** A line of the table. */
export interface SinkLine {
  readonly name: string
  /** The package it is of, if that is called `sink-…`. */
  readonly of?: string
  readonly place: 'memory' | 'folder' | 'bucket' | 'database'
  serve(): Promise<OpenSink>
}
