import type { PartAccess } from './access.js'
import type { Guarantee } from './guarantee.js'
import type { Json } from './json.js'
import type { Lease } from './lease.js'
import type { RunContext } from './load.js'
import type { ReplayDoc } from './load-state.js'
import type { RunEventBody } from './progress.js'
import type { RunReport, SplitReport } from './report.js'
import type { SinkCapabilities, StateHome } from './sink.js'
import type { Plan, Split } from './split.js'
import type { StateStore } from './state.js'

/**
 * What every adapter runs: a flow today, other shapes later. `run` calls these in order for a library call; an adapter that spreads
 * splits over machines calls them itself.
 */
export interface Runnable {
  /**
   * What it is made of and what it promises, without doing anything.
   * @param durableState - Whether state outlives the process. Default: whether the sink has a home for it.
   */
  explain(durableState?: boolean): Explanation
  /**
   * What its parts must be allowed to do, without doing anything. After `prepare`.
   * @param home - Where state lies. Default: where the sink has a place for it.
   */
  access(pipeline: string, home?: StateHome): readonly PartAccess[]
  /** Where state lies unless the caller says otherwise. */
  readonly home?: StateHome
  /** Everything beside parameters and version that decides what a group holds: source, schema, layout, format. */
  fingerprint(): Json
  /** What unfinished work depends on besides: an unfinished load with another one is abandoned. */
  stagedWith?(): Json
  /** Checks that the parts fit. Throws ConfigError. Called once, before `plan`. */
  prepare(pipeline: string): void
  plan(ctx: RunContext): Promise<Plan>
  /** Whether what a group published is still there. */
  stillPublished(group: string, ctx: RunContext): Promise<boolean>
  /** What lies at each group's places as the load begins, by group. */
  survey(plan: Plan, ctx: RunContext): Promise<Readonly<Record<string, Json>>>
  /** Runs one split from where state says it stands to its commit. Never throws for a failed or stopped split: the report says so. */
  runSplit(split: Split, ctx: RunnerContext): Promise<SplitReport>
  /** Publishes the groups that are complete, saves their bookmarks, ends the load. Can be called again after a stop. */
  finish(ctx: RunnerContext): Promise<RunReport>
  /** What the sink does with what was there. */
  readonly disposition: SinkCapabilities['disposition']
  /** Several loads may write at once: the sink merges by key, or keeps the cursor in its transaction. */
  readonly mayOverlap: boolean
  /** Records go to the process's standard output: a command says what it has to say elsewhere. */
  readonly standardOutput?: boolean
  /** How rejects are run again: where the sink replaces groups, by loading them again, else record by record. */
  readonly replays: ReplayDoc['mode']
  /** The same with stored rejects as its source, for replays record by record. */
  replaying(state: StateStore): Runnable
  /** An unfinished load may not be abandoned: it may have taken something away elsewhere. A run that would is refused. */
  readonly finishesFirst?: boolean
  /** Removes what a load left unpublished. */
  discard(loadId: string, ctx: RunContext): Promise<void>
}

/** A run's context with what only the runner itself may touch. */
export interface RunnerContext extends RunContext {
  readonly state: StateStore
  readonly settings: RunSettings
  /** Where state is, for people. */
  readonly statePlace: string
  /** Splits run at once. */
  readonly concurrency: number
  /** Why a reader of the report might wonder; may be added to until the report is made. */
  readonly notes: string[]
  readonly lease: Lease
  /** See `LoadDoc.bornEpoch`. */
  readonly bornEpoch: number
  /** When this run began, planning included; the load may be older. Epoch milliseconds. */
  readonly beganAtMs: number
  /** See `LoadDoc.groupParamsKey`. */
  readonly groupParamsKey: string
  /** Aborted when even flushing must end: the grace after a stop, or the deadline itself, is over. */
  readonly hardSignal: AbortSignal
  /** Tells how long a batch and its flush took; the margin before the deadline is learned from the slowest. */
  observeMs(durationMs: number): void
  /** Results of `once`, for the process and load. */
  readonly shared: Map<string, Promise<unknown>>
  emit(event: RunEventBody): void
  /** The pipeline has followers, which are asked for with this load's report. */
  readonly keepsForNext: boolean
}

/** How a run goes about it. None of these decides which records arrive. */
export interface RunSettings {
  /** When to ask the sink to make records durable and save the checkpoint: whichever comes first. */
  readonly flushEvery: { readonly batches: number; readonly intervalMs: number }
  /** Attempts at one split in all, and the wait before the next: `firstMs * 2^n`, at most `maxMs`, with jitter. */
  readonly retry: { readonly attempts: number; readonly firstMs: number; readonly maxMs: number }
  /** Rejects allowed: a count per split, or a share such as 0.01, judged from 1,000 records on. Default: no limit. */
  readonly maxRejects: number | { readonly share: number } | undefined
}

/** What a pipeline is made of and what it promises. */
export interface Explanation {
  readonly source: string
  readonly steps: readonly string[]
  readonly sink: string
  /** What the sink writes where and in which form, if it says so. */
  readonly writes?: string
  /** Where steps send copies of their rejects. */
  readonly rejectsTo?: readonly {
    readonly stage: string
    readonly sink: string
    readonly place?: string
    readonly writes?: string
  }[]
  /** Of a move: records are removed at the source, once they were read back from the sink and are what was written. */
  readonly removesAtSource?: true
  readonly guarantee: Guarantee
  /** Where state and rejects will be; absent when the sink has no place for them. */
  readonly state?: string
  readonly bufferBytes: number
  /** The sink takes one split after the other. */
  readonly oneSplitAtATime?: boolean
}
