import type { Clock, Pipeline, RunOptions } from '@millrace/etl-core'
import type { TimedHandOn } from './hand-on.js'
import type { RunLogger, RunMetrics, RunTracer } from './instruments.js'
import { jsonLog, type WriteLine, written } from './log.js'

/** What a handler needs of the context Lambda hands it. */
export interface LambdaContext {
  readonly awsRequestId: string
  /** ARN with the alias or version the function was invoked by. */
  readonly invokedFunctionArn?: string
  /** The function's memory, in MiB. */
  readonly memoryLimitInMB?: string | number
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis(): number
}

/** How a handler runs its pipeline, with all defaults filled in. */
export interface Settings {
  readonly pipeline: Pipeline
  readonly run: Omit<RunOptions, 'signal' | 'deadlineAtMs' | 'loadId'>
  readonly clock: Clock
  readonly oneAttempt: boolean
  readonly handOn: TimedHandOn | undefined
  readonly mostInVain: number
  /** Longer reports are cut. */
  readonly mostAnswerBytes: number
  readonly logger: RunLogger | undefined
  readonly metrics: RunMetrics | undefined
  readonly tracer: RunTracer | undefined
}

/** One invocation of the function. */
export interface Invocation extends Settings {
  readonly line: WriteLine
  readonly functionArn: string | undefined
  /** The first one of its execution environment. */
  readonly coldStart: boolean
  /** Errors that the log knows of already. */
  readonly told: WeakSet<object>
  /** Milliseconds until the invocation is ended; `undefined` without a context. */
  remainingMs(): number | undefined
  /** Options of a run in this invocation. */
  options(): RunOptions
}

/** Kept free for an answer to be sent, in milliseconds. */
const answerMs = 100
/** Node, the SDK and the code take this much of a function's memory, in MiB. Measured: 70 to 100. */
const takenMiB = 96
const leastBuffersMiB = 8
const mostBuffersMiB = 256

/** @param signal - Aborts when the execution environment is shut down. None where there is no context. */
export function invocationOf(
  settings: Settings,
  context: LambdaContext | undefined,
  write: (line: string) => void,
  { coldStart, signal }: { readonly coldStart: boolean; readonly signal: AbortSignal | undefined },
): Invocation {
  const { pipeline, run, clock, handOn } = settings
  const requestId = context?.awsRequestId ?? null
  const { logger } = settings
  if (logger && context) logger.addContext(context)
  logger?.refreshSampleRateCalculation?.()
  const toLine = written(logger, write)
  const line: WriteLine = (level, message, more) => toLine(level, message, { pipeline: pipeline.name, requestId, ...more })
  const memoryMiB = buffersMiB(context?.memoryLimitInMB)
  return {
    ...settings,
    line,
    functionArn: context?.invokedFunctionArn,
    coldStart,
    told: new WeakSet(),
    remainingMs: () => context?.getRemainingTimeInMillis(),
    options: () => ({
      log: jsonLog(line),
      reserveMs: handOn?.reserveMs() ?? answerMs,
      ...(memoryMiB === undefined ? {} : { memoryMiB }),
      ...run,
      ...(signal ? { signal } : {}),
      ...(context ? { deadlineAtMs: clock.now() + context.getRemainingTimeInMillis() } : {}),
    }),
  }
}

/** What a run's buffers may take of a function's memory: a quarter of what is left of it, for garbage takes as much again. */
function buffersMiB(limit: string | number | undefined): number | undefined {
  const limitMiB = Number(limit)
  if (limit === undefined || !Number.isFinite(limitMiB)) return undefined
  return Math.min(mostBuffersMiB, Math.max(leastBuffersMiB, Math.floor((limitMiB - takenMiB) / 4)))
}
