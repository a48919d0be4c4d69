import { ConfigError, EtlError, errorJson, isPipeline, type Pipeline, type RunOptions, systemClock } from '@millrace/etl-core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { LambdaAnswer, ParamsAnswer, RunsAnswer } from './answers.js'
import { cutError } from './cut.js'
import type { DeadLetters } from './dead-letters.js'
import type { Asked } from './events/asked.js'
import { eventFor } from './events/direct.js'
import { isRequest } from './events/requests.js'
import { understand } from './events/understand.js'
import { isObject } from './events/unknown.js'
import { fitted, mostAnswerBytes } from './fit-answer.js'
import { type HandOn, timedHandOn } from './hand-on.js'
import type { RunLogger, RunMetrics, RunTracer } from './instruments.js'
import { type Invocation, invocationOf, type LambdaContext, type Settings } from './invocation.js'
import { isQueueBatch, runQueueBatch } from './queue-batch.js'
import { type AnswerRequests, answerRequest } from './requests.js'
import { isLeft, type RunEnd, runAsked, runEach } from './run-asked.js'
import { isTold } from './run-failed.js'
import { shutdown } from './shutdown.js'

/**
 * A Lambda handler of a pipeline with parameters `P`. Lambda always hands over a context; called without one, as from a script, a run has no
 * deadline.
 */
export type LambdaHandler<P = unknown> = <E>(event: E, context?: LambdaContext) => Promise<AnswerTo<E, P>>

/** What an event `E` is answered with: parameters with the report of their run, another one by its kind. */
export type AnswerTo<E, P> = [unknown] extends [P] ? LambdaAnswer : [E] extends [P | null] ? ParamsAnswer : LambdaAnswer

/** How a handler runs its pipeline. */
export interface LambdaOptions {
  /** Handed on to `run`. Signal and deadline are the invocation's own, the identity of a load is its event's. */
  readonly run?: Omit<RunOptions, 'signal' | 'deadlineAtMs' | 'loadId'>
  /** How a load that stops at the deadline goes on. Default: not by itself; the answer to an invocation says with which event it does. */
  readonly handOn?: HandOn
  /** A load that was handed on so many times in a row without coming further is ended as failed. Default 3. */
  readonly mostInVain?: number
  /** Each split is done within the function's timeout: needed for ends that keep nothing when they stop. Default false. */
  readonly oneAttempt?: boolean
  /** Where messages of a queue go that can never be run, with the reason. Default: they come again until the queue itself takes them away. */
  readonly deadLetters?: DeadLetters
  /** What a request is answered with. `accepted` needs `handOn`. Default `report`. */
  readonly requests?: AnswerRequests
  /** Longer reports are cut, in bytes. Default 6,000,000, as Lambda takes; a task of Step Functions takes 262,144. */
  readonly mostAnswerBytes?: number
  /** Where log lines go, one JSON object each. Default: stdout, which is the function's log. Not called where there is a `logger`. */
  readonly write?: (line: string) => void
  /** A `Logger` of AWS Lambda Powertools: lines go through it, with the same fields. Default: none. */
  readonly logger?: RunLogger
  /** A `Metrics` of AWS Lambda Powertools: the numbers of each run are published with it, also of one that fails. Default: none. */
  readonly metrics?: RunMetrics
  /** A `Tracer` of AWS Lambda Powertools: each run is a part of its invocation's trace. Default: none. */
  readonly tracer?: RunTracer
}

/**
 * Any pipeline as a Lambda handler, for every event that may start one: parameters as JSON (from people, a scheduler, a state machine), S3
 * notifications, events of EventBridge, messages of SQS and SNS, requests to a function URL. What the parameters of an event are, the
 * pipeline declares in `triggers`. The same event twice changes nothing.
 *
 * A run that nears the deadline flushes, and goes on in the next invocation. One that fails throws {@link RunFailed}, so the function's error
 * metric, its retries and its dead-letter queue work; a retry takes the load up where it stood. One JSON line per load goes to the log.
 *
 * @throws ConfigError when called with something that is no pipeline. The handler throws ConfigError `ETL_PARAMS_INVALID` for parameters
 * that are not valid, EtlError `ETL_EVENT_UNKNOWN` for an event that starts nothing, `ETL_NO_PROGRESS` for a load that comes no further,
 * `ETL_RUN_STOPPED` where an event nobody waits for is not done and nothing was handed on, and whatever `run` throws, such as StateError
 * `ETL_STATE_CONFLICT`. Messages and requests are answered instead.
 * @example
 * export const handler = lambdaHandler(population)
 */
export function lambdaHandler<S extends StandardSchemaV1>(
  pipeline: Pipeline<S>,
  options: LambdaOptions = {},
): LambdaHandler<StandardSchemaV1.InferInput<S>> {
  if (!isPipeline(pipeline)) throw new ConfigError('ETL_CONFIG_INVALID', 'lambdaHandler takes what definePipeline returned.')
  const { write = line => void process.stdout.write(`${line}\n`), requests = 'report' } = options
  const { run = {}, handOn, mostInVain = 3, oneAttempt = false, deadLetters } = options
  const clock = run.clock ?? systemClock
  const settings: Settings = {
    ...{ pipeline: pipeline as unknown as Pipeline, run, clock, mostInVain, oneAttempt },
    handOn: handOn && timedHandOn(handOn, clock),
    mostAnswerBytes: options.mostAnswerBytes ?? mostAnswerBytes,
    ...{ logger: options.logger, metrics: options.metrics, tracer: options.tracer },
  }
  let coldStart = true
  const handle = async (event: unknown, context?: LambdaContext): Promise<LambdaAnswer> => {
    const answer = async (signal?: AbortSignal): Promise<LambdaAnswer> => {
      const invocation = invocationOf(settings, context, write, { coldStart, signal })
      coldStart = false
      if (isObject(event) && isQueueBatch(event)) return runQueueBatch(event.Records, invocation, deadLetters)
      if (isObject(event) && isRequest(event)) return answerRequest(event, invocation, requests)
      return answerEvent(event, invocation)
    }
    // A script ends as scripts do.
    return context ? shutdown().during(answer) : answer()
  }
  return handle as LambdaHandler<StandardSchemaV1.InferInput<S>>
}

async function answerEvent(event: unknown, invocation: Invocation): Promise<LambdaAnswer> {
  try {
    const { asked, leftOut } = understand(invocation.pipeline, event)
    for (const message of leftOut) invocation.line('INFO', message, {})
    const [one] = asked
    if (one && asked.length === 1 && leftOut.length === 0) return await answerOne(one, invocation)
    return await answerAll(asked, leftOut, invocation)
  } catch (error) {
    if (!isTold(error, invocation)) invocation.line('ERROR', 'invocation failed', { error: errorJson(error) })
    throw cutError(error)
  }
}

async function answerOne(asked: Asked, invocation: Invocation): Promise<LambdaAnswer> {
  const end = await runAsked(asked, invocation)
  const report = fitted(end.report, invocation.mostAnswerBytes)
  if (!end.left || end.handedOn !== undefined) return report
  if (!asked.awaited) throw unfinished(end)
  return { ...report, again: eventFor(asked, end.left) }
}

async function answerAll(all: readonly Asked[], leftOut: readonly string[], invocation: Invocation): Promise<RunsAnswer> {
  const { ends, failures } = await runEach(all, invocation)
  const [first, ...others] = failures
  // The first one is thrown, and told of as the invocation's.
  for (const { asked, error } of others)
    if (!isTold(error, invocation)) invocation.line('ERROR', `${asked.from} failed`, { error: errorJson(error) })
  if (first) throw first.error
  const left = ends.find(isLeft)
  if (left) throw unfinished(left)
  return { runs: ends.map(({ report }) => fitted(report, Math.floor(invocation.mostAnswerBytes / all.length))), leftOut }
}

/** Nobody waits for the answer, so an answer would be the end of it: an error makes Lambda try again. */
function unfinished({ report }: RunEnd): EtlError {
  return new EtlError(
    'ETL_RUN_STOPPED',
    `Load ${report.loadId} of pipeline "${report.pipeline}" has ${report.left} splits left at the deadline. It goes on when the ` +
      'event comes again; with `handOn` it would go on by itself.',
    { retry: 'later', context: { loadId: report.loadId, left: report.left } },
  )
}
