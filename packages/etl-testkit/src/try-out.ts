import {
  type Clock,
  ConfigError,
  type FlowRunnable,
  listRejects,
  memoryState,
  type ParamsOf,
  type Pipeline,
  parseParams,
  type Reject,
  type Runnable,
  type RunOptions,
  type RunReport,
  runBuilt,
  type Sink,
  type Source,
  type Split,
} from '@millrace/etl-core'

/** What to try a pipeline with. */
export interface TryOutOptions<P> {
  /** Records instead of the pipeline's source: a list is one batch, a list of lists is one batch each. */
  readonly records: readonly unknown[]
  /** As a caller gives them: they are validated. */
  readonly params?: ParamsOf<P>
  /** The split the records are said to come from, for steps that look at it. Default `{ id: 'try-out', params: null }`. */
  readonly split?: Split
  /** When the load began, for rules that depend on "now". Epoch milliseconds. Default: the clock's. */
  readonly startedAtMs?: number
  /** More for `run`: `maxRejects`, `signal`. */
  readonly run?: RunOptions
}

/** What became of the records. */
export interface TriedOut {
  /** What the sink would get, in order. */
  readonly written: readonly unknown[]
  readonly rejects: readonly Reject[]
  readonly report: RunReport
}

/**
 * Runs a pipeline's own definition with given records instead of its source, and collects what its sink would get. Nothing is read or
 * written anywhere: the source is not asked, and the sink only looks at whether the flow fits it (`prepare`), as before every run.
 *
 * @throws ConfigError `ETL_PARAMS_INVALID`; `ETL_CONFIG_INVALID` for a pipeline that is no flow from one source into one sink; what the
 * sink's `prepare` throws.
 * @example
 * const { written, rejects } = await tryOut(orders, { records: [{ id: 1, amount: 'ten' }], params: { since: '2025-01-01' } })
 */
export async function tryOut<S extends NonNullable<Pipeline['params']>>(
  pipeline: Pipeline<S>,
  options: TryOutOptions<Pipeline<S>>,
): Promise<TriedOut> {
  const given = pipeline as unknown as Pipeline
  const built = given.build(await parseParams(given, options.params))
  if (!isFlow(built))
    throw new ConfigError('ETL_CONFIG_INVALID', `Pipeline "${given.name}" is no flow: tryOut cannot change its ends.`)
  built.prepare(given.name)
  const written: unknown[] = []
  const state = memoryState()
  const runnable = built.withEnds({ source: givenRecords(options), sink: collector(written) })
  const clock = options.startedAtMs === undefined ? {} : { clock: clockFrom(options.startedAtMs) }
  const report = await runBuilt(given, runnable, options.params, { state, ...clock, ...options.run })
  const rejects: Reject[] = []
  for await (const reject of listRejects(state)) rejects.push(reject)
  return { written, rejects, report }
}

function isFlow(runnable: Runnable): runnable is FlowRunnable {
  return typeof (runnable as Partial<FlowRunnable>).withEnds === 'function'
}

function givenRecords({ records, split = { id: 'try-out', params: null } }: TryOutOptions<unknown>): Source<unknown> {
  const nested = records.length > 0 && records.every(Array.isArray)
  const batches = (nested ? records : [records]) as readonly (readonly unknown[])[]
  return {
    name: 'given records',
    capabilities: { resumable: false, rereads: 'same' },
    plan: async () => ({ splits: [split] }),
    async *read() {
      for (const [index, batch] of batches.entries()) yield { records: batch, cursor: index + 1 }
    },
  }
}

/** Takes everything. A retried attempt begins anew. */
function collector(written: unknown[]): Sink<unknown> {
  return {
    name: 'collected records',
    capabilities: { disposition: 'replace', durableAt: 'commit', replay: 'idempotent', cursor: 'outside' },
    async open() {
      written.length = 0
      return {
        async write(batch) {
          written.push(...batch.rows.toArray())
          return {}
        },
        flush: async () => undefined,
        commit: async () => null,
        suspend: async () => {},
        abort: async () => {},
      }
    },
  }
}

/** A clock that stands at a time and goes on from there, so that timeouts still work. */
function clockFrom(startMs: number): Clock {
  const beganMs = Date.now()
  return { now: () => startMs + (Date.now() - beganMs) }
}
