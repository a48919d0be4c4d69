import {
  ConfigError,
  EtlError,
  errorsOf,
  isPipeline,
  type Logger,
  overallStatus,
  type Pipeline,
  type RunOptions,
  type RunReport,
  run,
  toJson,
} from '@millrace/etl-core'

/** What a handler needs of the context Lambda hands it. */
export interface LambdaContext {
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

/**
 * A Lambda handler: the event holds the pipeline's parameters, the answer is the report. Lambda always hands over a context; called without
 * one, as from a script, the run has no deadline.
 */
export type LambdaHandler = (event: unknown, context?: LambdaContext) => Promise<RunReport>

/** How a handler runs its pipeline. */
export interface LambdaOptions {
  /** The parameters an event stands for. Default: the event itself; `null` stands for none. */
  readonly params?: (event: unknown) => unknown
  /** The trigger's identity, so that an event that is delivered twice changes nothing the second time. Default: the event has none. */
  readonly loadId?: (event: unknown) => string | undefined
  /** Handed on to `run`. Signal and deadline are the invocation's own. */
  readonly run?: Omit<RunOptions, 'signal' | 'deadlineAtMs' | 'loadId'>
  /** Where log lines go, one JSON object each. Default: stdout, which is the function's log. */
  readonly write?: (line: string) => void
}

/** A run that ended as `failed`, or one that was followed by such a run. `report` says what was published all the same and what was not. */
export class RunFailed extends EtlError {
  readonly report: RunReport
  constructor(report: RunReport) {
    const published = report.groups.filter(group => group.status === 'published').length
    const [error] = errorsOf(report)
    const why = error ? `${error.message} [${error.code}]` : (report.reason ?? 'see its report')
    const what =
      report.status === 'failed'
        ? `Pipeline "${report.pipeline}" failed in load ${report.loadId}`
        : `What follows load ${report.loadId} of pipeline "${report.pipeline}" failed`
    super('ETL_RUN_FAILED', `${what}: ${why} (${published} of ${report.groups.length} groups are published.)`, {
      retry: error?.retry ?? 'later',
      context: { loadId: report.loadId, published, groups: report.groups.length },
    })
    this.report = report
  }
}

/**
 * Any pipeline as a Lambda handler. The event holds the parameters, the remaining time is the deadline, the report is the answer.
 *
 * A run that nears the deadline flushes and answers with status `stopped`: invoke again with the same event and it goes on.
 * A run that fails throws {@link RunFailed}, so the function's error metric, its retries and its dead-letter queue work; a retry takes
 * the load up where it stood. One JSON line per run goes to the log.
 *
 * @throws ConfigError when called with something that is no pipeline. The handler throws ConfigError `ETL_PARAMS_INVALID` for an event
 * that is not valid, with all problems in the message, and whatever `run` throws, such as StateError `ETL_STATE_CONFLICT`.
 * @example
 * export const handler = lambdaHandler(population)
 */
export function lambdaHandler(pipeline: Pipeline, options: LambdaOptions = {}): LambdaHandler {
  if (!isPipeline(pipeline)) throw new ConfigError('ETL_CONFIG_INVALID', 'lambdaHandler takes what definePipeline returned.')
  const { params = event => event ?? {}, write = line => void process.stdout.write(`${line}\n`) } = options
  return async (event, context) => {
    const line = (level: string, message: string, more: object) =>
      write(JSON.stringify({ level, message, pipeline: pipeline.name, requestId: context?.awsRequestId ?? null, ...more }))
    const loadId = options.loadId?.(event)
    const remainingMs = context?.getRemainingTimeInMillis()
    const report = await run(pipeline, params(event) as never, {
      log: jsonLog(line),
      ...options.run,
      ...(loadId === undefined ? {} : { loadId }),
      ...(remainingMs === undefined ? {} : { deadlineAtMs: (options.run?.clock?.now() ?? Date.now()) + remainingMs }),
    })
    const overall = overallStatus(report)
    const failed = overall === 'failed'
    line(
      failed ? 'ERROR' : 'INFO',
      `run ${report.status}${overall === report.status ? '' : `, then ${overall}`}`,
      summaryOf(report),
    )
    if (failed) throw new RunFailed(report)
    return report
  }
}

/** What a log query asks for. The whole report may be larger than one log line can be. */
function summaryOf({ status, reason, loadId, attempt, durationMs, counts, left, notes, error, next }: RunReport): object {
  const following = next?.slice(0, 10).map(({ pipeline, loadId, report, error, pending }) => {
    return { pipeline, loadId, status: report?.status, pending, error: error ?? report?.error }
  })
  return { status, reason, loadId, attempt, durationMs, counts, left, notes: notes.slice(0, 10), error, next: following }
}

function jsonLog(line: (level: string, message: string, more: object) => void): Logger {
  const at = (level: string) => (message: string, context?: Readonly<Record<string, unknown>>) =>
    line(level, message, context ? { context: toJson(context) } : {})
  return { info: at('INFO'), warn: at('WARN') }
}
