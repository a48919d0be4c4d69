import type { StandardSchemaV1 } from '@standard-schema/spec'
import { loadedOnce } from './loaded-once.js'
import { parseParams } from './params.js'
import type { Pipeline } from './pipeline.js'
import type { RejectFilter } from './rejects.js'
import type { RunReport } from './report.js'
import type { RunOptions } from './run-options.js'
import type { Runnable } from './runnable.js'

const runLoads = loadedOnce(() => import('./run-loads.js'))

// What runs loads is imported by the first run: a process that only defines pipelines starts without it.

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
 * @example
 * const report = await run(population, { since: 2010 })
 */
export async function run<S extends StandardSchemaV1>(
  pipeline: Pipeline<S>,
  params?: StandardSchemaV1.InferInput<S>,
  options: RunOptions = {},
): Promise<RunReport> {
  const runnable = pipeline.build(await parseParams(pipeline, params), options.cwd)
  return runBuilt(pipeline as unknown as Pipeline, runnable, params, options)
}

/** `run` with the runnable already built: for adapters and tests that changed its ends. */
export async function runBuilt(
  pipeline: Pipeline,
  runnable: Runnable,
  params: unknown,
  options: RunOptions = {},
): Promise<RunReport> {
  const { runAmong } = await runLoads()
  return runAmong(new Set(), pipeline, runnable, params, options)
}

/**
 * Runs rejects again through today's code, and forgets those that arrived.
 *
 * As the sink can: where it replaces groups, the rejects' groups are loaded again; where it merges or appends, the raw records are run
 * through the steps again, and what is appended is named after the set of rejects, so that an interrupted replay doubles nothing. A reject
 * is forgotten in the same write that marks its group published. What is rejected again is a new reject. An unfinished load is finished
 * first.
 *
 * @throws As {@link run}.
 * @example
 * const report = await replayRejects(population, { to: 'file:./out' }, { stage: 'validate' })
 */
export async function replayRejects<S extends StandardSchemaV1>(
  pipeline: Pipeline<S>,
  params?: StandardSchemaV1.InferInput<S>,
  filter: RejectFilter = {},
  options: Omit<RunOptions, 'replay'> = {},
): Promise<RunReport> {
  return run(pipeline, params, { ...options, replay: filter })
}
