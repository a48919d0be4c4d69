import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Clock, Logger } from './load.js'
import type { Pipeline } from './pipeline.js'
import type { OnEvent } from './progress.js'
import type { RunReport } from './report.js'
import type { RunSettings } from './runnable.js'
import type { StateStore } from './state.js'

/** How to run, as opposed to what: none of these decides which records arrive. */
export interface RunOptions extends Partial<RunSettings> {
  /** Where state and rejects go. Default: with the data (the sink's home), else in memory. */
  readonly state?: StateStore
  /** Abort to stop: the run flushes, keeps what is durable and reports `stopped`. */
  readonly signal?: AbortSignal
  /** Epoch milliseconds after which the process may be gone: the run stops before, with a margin learned from its slowest batch. */
  readonly deadlineAtMs?: number
  /** Splits run at once. Default 4; lowered to fit `memoryMiB`. */
  readonly concurrency?: number
  /** One budget for the run's buffers, in MiB. Default 64. */
  readonly memoryMiB?: number
  /** The trigger's identity: the same one twice changes nothing for 7 days. */
  readonly loadId?: string
  /** Ignore bookmarks and load everything anew. */
  readonly full?: boolean
  /** How long to wait for a live owner of the same state before giving up, in milliseconds. Default 0. */
  readonly waitMs?: number
  readonly onEvent?: OnEvent
  readonly log?: Logger
  readonly clock?: Clock
}

/** The parameters a caller may give to a pipeline. */
export type ParamsOf<P> = P extends Pipeline<infer S> ? StandardSchemaV1.InferInput<S> : never

/**
 * Runs a pipeline to its end, or to where it must stop.
 *
 * A failure while running is a report with status `failed`, not an exception: what was published stays, and the report says what was not.
 *
 * @param params - As given: they are validated by the pipeline's schema, all problems at once.
 * @throws ConfigError `ETL_PARAMS_INVALID` and other wrong use, before anything is read. StateError `ETL_STATE_CONFLICT` when another
 * run owns the state, naming its host, process and since when. SourceError when planning failed.
 */
export async function run<S extends StandardSchemaV1>(
  _pipeline: Pipeline<S>,
  _params?: StandardSchemaV1.InferInput<S>,
  _options: RunOptions = {},
): Promise<RunReport> {
  throw new Error('being written')
}
