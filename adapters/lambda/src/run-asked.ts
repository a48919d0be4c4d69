import { ConfigError, type OnEvent, overallStatus, parseParams, type RunReport, runBuilt } from '@millrace/etl-core'
import type { Asked, PassedOn } from './events/asked.js'
import { eventFor } from './events/direct.js'
import { refuseUnknownParams } from './events/known-params.js'
import type { Invocation } from './invocation.js'
import { passedOnAfter } from './progress.js'
import { RunFailed } from './run-failed.js'
import { runTold } from './run-told.js'

/** How a run went that did not fail. */
export interface RunEnd {
  readonly report: RunReport
  /** Work is left. What the next invocation is to be told. */
  readonly left?: PassedOn
  /** Another invocation does what is left; how it was asked to. */
  readonly handedOn?: string
}

/**
 * Runs what an event asked for, and hands on what is left at the deadline.
 *
 * @throws RunFailed when it failed. ConfigError for parameters that are not valid, and for a pair of ends that can't pass a deadline. EtlError
 * `ETL_NO_PROGRESS`; whatever `run` throws.
 */
export async function runAsked(asked: Asked, invocation: Invocation): Promise<RunEnd> {
  const { pipeline, line, handOn, mostInVain, functionArn } = invocation
  refuseUnknownParams(pipeline, asked.params)
  const options = invocation.options()
  const runnable = pipeline.build(await parseParams(pipeline, asked.params), options.cwd)
  refuseLostWork(invocation, runnable.explain().guarantee)
  const report = await runTold(invocation, asked, onEvent =>
    runBuilt(pipeline, runnable, asked.params, {
      ...options,
      ...(asked.loadId === undefined ? {} : { loadId: asked.loadId }),
      ...(onEvent ? { onEvent: both(onEvent, options.onEvent) } : {}),
    }),
  )
  const overall = overallStatus(report)
  if (overall === 'failed') throw new RunFailed(report)
  if (overall !== 'stopped') return { report }
  const left = passedOnAfter(report, asked.passedOn, mostInVain)
  if (!handOn) return { report, left }
  await handOn.send(eventFor(asked, left), { functionArn })
  line('INFO', `handed on by ${handOn.name}`, { loadId: report.loadId, times: left.times })
  return { report, left, handedOn: handOn.name }
}

const both =
  (first: OnEvent, second: OnEvent | undefined): OnEvent =>
  event => {
    first(event)
    second?.(event)
  }

/**
 * Runs all of them one after the other, whatever became of those before: together they come again, and those that are done change nothing then.
 */
export async function runEach(
  all: readonly Asked[],
  invocation: Invocation,
): Promise<{
  readonly ends: readonly RunEnd[]
  readonly failures: readonly { readonly asked: Asked; readonly error: unknown }[]
}> {
  const ends: RunEnd[] = []
  const failures: { asked: Asked; error: unknown }[] = []
  for (const asked of all) {
    try {
      ends.push(await runAsked(asked, invocation))
    } catch (error) {
      failures.push({ asked, error })
    }
  }
  return { ends, failures }
}

/** Whether nobody sees to what is left. */
export const isLeft = ({ left, handedOn }: RunEnd): boolean => left !== undefined && handedOn === undefined

/** A run that keeps nothing at its deadline would begin from its start in every invocation. */
function refuseLostWork(
  { pipeline, oneAttempt, remainingMs }: Invocation,
  guarantee: { survivesStop: boolean; reasons: readonly string[] },
) {
  if (guarantee.survivesStop || oneAttempt || remainingMs() === undefined) return
  const why = guarantee.reasons.find(reason => reason.startsWith('a split must fit')) ?? guarantee.reasons.join('; ')
  throw new ConfigError(
    'ETL_GUARANTEE',
    `Pipeline "${pipeline.name}" cannot pass a deadline: ${why}. If each split is done within the function's timeout, say so with ` +
      '`oneAttempt: true`; else take ends that can go on, or another runtime.',
    { context: { pipeline: pipeline.name } },
  )
}
