import type { RetryVerdict, RunContext, Source } from '@millrace/etl-core'

/** A source to test, over data that stays the same while a case runs. */
export interface SourceWorld<T> {
  readonly source: Source<T>
  /** What the context must say besides what `testContext` does. */
  readonly context?: Partial<RunContext>
  /** Requests made so far, to whatever the source reads from. */
  requests?(): number
  /** Connections, files or cursors open now. */
  open?(): number
  close?(): Promise<void> | void
}

/** A fault and what must come of it. */
export interface ExpectedSourceFault<W> {
  /** Makes the next requests fail, as often as it takes to get through the source's own retries. */
  arm(world: W): unknown
  readonly codes: readonly string[]
  readonly retry: readonly RetryVerdict[]
}

/** What `sourceCases` needs, and what more it can check. */
export interface SourceSuite<T, W extends SourceWorld<T> = SourceWorld<T>> {
  /** Called once per case. The data should come in several batches, or there is little to find out. */
  open(): Promise<W> | W
  /** Every record, over all splits in plan order; or how to know them. */
  readonly expected?: readonly T[] | ((world: W) => readonly T[] | Promise<readonly T[]>)
  /** Records come in this order. Default true. */
  readonly ordered?: boolean
  /** A world whose source has nothing to give. */
  empty?(): Promise<W> | W
  /** With its bookmarks a load reads some records again (a look back in time). Default false. */
  readonly overlaps?: boolean
  /**
   * Faults by name. `throttled` (429), `unavailable` (503), `denied` (401, 403), `missing` (404) and `malformed` have expected codes and
   * need only be armed; others say theirs.
   */
  readonly faults?: Readonly<Record<string, ((world: W) => unknown) | ExpectedSourceFault<W>>>
}
