import { ConfigError } from './errors.js'
import type { Clock, Logger } from './load.js'
import type { StartNext } from './next.js'
import type { OwnerIdentity } from './owner.js'
import type { OnEvent } from './progress.js'
import type { RejectFilter } from './rejects.js'
import type { RunSettings } from './runnable.js'
import type { StateStore } from './state.js'

/** How to run, as opposed to what: none of these decides which records arrive. */
export interface RunOptions extends Partial<RunSettings> {
  /** Where state and rejects go. Default: with the data (the sink's home), else in memory. */
  readonly state?: StateStore
  /** Names `state` in reports and errors. */
  readonly statePlace?: string
  /** Abort to stop: the run flushes, keeps what is durable and reports `stopped`. */
  readonly signal?: AbortSignal
  /** Epoch milliseconds after which the process may be gone: the run stops before, with a margin learned from its slowest batch. */
  readonly deadlineAtMs?: number
  /** How long before `deadlineAtMs` the run is over, in milliseconds: for what its caller has to do by then. Default 0. */
  readonly reserveMs?: number
  /** Splits run at once. Default 4; lowered to fit `memoryMiB`. */
  readonly concurrency?: number
  /** One budget for the run's buffers, in MiB. Default 64. */
  readonly memoryMiB?: number
  /** The trigger's identity: the same one twice changes nothing for 7 days. */
  readonly loadId?: string
  /** Ignore bookmarks and load everything anew. */
  readonly full?: boolean
  /**
   * Go on from bookmarks though parameters, version, schema or layout are others now. Without it such bookmarks are set aside and their
   * groups loaded anew; into a sink that appends, that is refused, for it would double them.
   */
  readonly keepBookmarks?: boolean
  /** Run the rejects that fit again, through today's code, instead of loading what is new. See {@link replayRejects}. */
  readonly replay?: RejectFilter
  /** How long to wait for a live owner of the same state before giving up, in milliseconds. Default 0. */
  readonly waitMs?: number
  /** How long ownership holds without renewal, in milliseconds. Default 30,000; renewed every third of it. */
  readonly leaseMs?: number
  /** What relative places are relative to (`file:./out`). Default: the process's working directory. */
  readonly cwd?: string
  /** Who this run says it is. Default: this process. */
  readonly owner?: OwnerIdentity
  /** Starts what follows. Default: in this process, one after the other, with the same signal, deadline and listeners. */
  readonly startNext?: StartNext
  readonly onEvent?: OnEvent
  readonly log?: Logger
  readonly clock?: Clock
}

/** @throws ConfigError `ETL_CONFIG_INVALID` with everything that makes no sense. */
export function refuseBadOptions(options: RunOptions): void {
  const { flushEvery, retry } = options
  const positive = {
    concurrency: options.concurrency,
    memoryMiB: options.memoryMiB,
    leaseMs: options.leaseMs,
    deadlineAtMs: options.deadlineAtMs,
    'flushEvery.batches': flushEvery?.batches,
    'retry.attempts': retry?.attempts,
  }
  const notNegative = {
    reserveMs: options.reserveMs,
    waitMs: options.waitMs,
    'flushEvery.intervalMs': flushEvery?.intervalMs,
    'retry.firstMs': retry?.firstMs,
    'retry.maxMs': retry?.maxMs,
  }
  const wrong = (values: Record<string, number | undefined>, fits: (value: number) => boolean, what: string) =>
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined || (!Number.isNaN(value) && fits(value)) ? [] : [`${name} must be ${what}, and is ${value}`],
    )
  const problems = [
    ...wrong(positive, value => value > 0, 'a number above 0'),
    ...wrong(notNegative, value => value >= 0, '0 or more'),
  ]
  const { maxRejects: limit, loadId } = options
  const share = typeof limit === 'object' ? limit.share : undefined
  if (share !== undefined && !(share >= 0 && share <= 1))
    problems.push(`maxRejects.share must be between 0 and 1, and is ${share}`)
  if (typeof limit === 'number' && !(limit >= 0)) problems.push(`maxRejects must be 0 or more, and is ${limit}`)
  if (loadId === '') problems.push('loadId must not be empty')
  if (problems.length > 0) throw new ConfigError('ETL_CONFIG_INVALID', `Run options are not valid: ${problems.join('; ')}.`)
}
