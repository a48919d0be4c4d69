import type { FlowFacts, RetryVerdict, Sink } from '@millrace/etl-core'

/** A sink to test, over a destination of its own that is empty. */
export interface SinkWorld<T> {
  readonly sink: Sink<T>
  /** Another sink over the same destination, as another process would make it. Default: the same one goes on. */
  another?(): Sink<T>
  /** The records a reader of the destination sees now, as `record` makes them. */
  readBack(): Promise<readonly T[]> | readonly T[]
  close?(): Promise<void> | void
}

/** A fault and what must come of it. */
export interface ExpectedFault<W> {
  /** Makes the next calls to the destination fail, as often as it takes to get through the sink's own retries. */
  arm(world: W): unknown
  /** Codes it may end in. */
  readonly codes: readonly string[]
  readonly retry: readonly RetryVerdict[]
}

/** What `sinkCases` needs, and what more it can check. */
export interface SinkSuite<T, W extends SinkWorld<T> = SinkWorld<T>> {
  /** The ith record. Each has a natural key of its own. */
  record(i: number): T
  /** Called once per case. */
  open(): Promise<W> | W
  /** Records of one group come back in the order they were written. Default false. */
  readonly ordered?: boolean
  /** Labels of a group's splits, for sinks that lay out by them. */
  labels?(group: string): Readonly<Record<string, string>>
  /** The record schema, for sinks that need columns. */
  readonly schema?: NonNullable<FlowFacts['schema']>
  /** The ith record with the same natural key and other content; for `merge`. */
  changed?(i: number): T
  /** The ith record as the sink cannot take it. */
  refused?(i: number): T
  /** Records with what is easily broken: see `awkwardTexts`. They must come back as they are. */
  readonly awkward?: readonly T[]
  /**
   * For `durableAt: 'flush'`: after so many records, flushed now and then, something is durable. Default 10,000; more for sinks that
   * acknowledge in large units, such as row groups.
   */
  readonly acknowledgesWithinRecords?: number
  /** Removes what readers see of a published group, as someone with a broom would. For sinks with `stillPublished`. */
  lose?(world: W): Promise<void> | void
  /** Lets the destination stand still. `release` lets it go on. */
  stall?(world: W): { release(): unknown }
  /**
   * Faults by name. `denied`, `throttled` and `unavailable` have expected codes and need only be armed; others say theirs.
   */
  readonly faults?: Readonly<Record<string, ((world: W) => unknown) | ExpectedFault<W>>>
}

/** What sinks most often break in text: quotes, separators, line ends, other scripts, formulas, things that look like other types. */
export const awkwardTexts: readonly string[] = [
  '',
  ' ',
  'ñandú 東京 🚂 e\u0301',
  '"quoted", comma; semicolon\ttab',
  'line\nbreak\r\nand return',
  "it's; DROP TABLE--",
  '=1+1',
  'null',
  'NULL',
  '\\N',
  'true',
  '0012',
  '2025-02-29',
  '9007199254740993',
  'x'.repeat(4_000),
]
