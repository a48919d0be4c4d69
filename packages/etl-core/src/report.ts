import type { ErrorJson } from './errors.js'
import type { Guarantee } from './guarantee.js'
import type { Requests } from './requests.js'
import type { PublishedObject } from './sink.js'

/** How a run ended. `stopped`: it was asked to stop and what is left goes on next time; `unchanged`: there was nothing new. */
export type RunStatus = 'succeeded' | 'unchanged' | 'stopped' | 'failed'

/** What happened to the records of a split, a group or a run. Each record read is counted; `flatMap` may write more than it read. */
export interface Counts {
  /** Records the source handed over, unreadable ones included. */
  readonly read: number
  /** Records the sink took. */
  readonly written: number
  /** Records kept as rejects, with their reason. */
  readonly rejected: number
  /** Records `filter` and `onInvalid: 'drop'` left out. */
  readonly dropped: number
  readonly batches: number
  /** Input bytes, as far as the source tells. */
  readonly bytes: number
  /** Single calls tried again, and attempts at the split after the first. */
  readonly retries: number
  /** What the source counted by names of its own, see `SourceBatch.counts`. Absent if it counted nothing. */
  readonly source?: Readonly<Record<string, number>>
}

/** One split in a report. */
export interface SplitReport {
  readonly split: string
  readonly group: string
  /** `pending`: not begun, because the run stopped. */
  readonly status: 'committed' | 'stopped' | 'failed' | 'pending'
  readonly counts: Counts
  /** Attempts in this run. */
  readonly attempts: number
  readonly durationMs: number
  readonly error?: ErrorJson
}

/** One group in a report. */
export interface GroupReport {
  readonly group: string
  readonly status: 'published' | 'unchanged' | 'no data' | 'failed' | 'pending'
  readonly objects?: readonly PublishedObject[]
  /** Records a move has removed at the source in this run. */
  readonly removed?: number
  readonly error?: ErrorJson
}

/** One rejected record in a report. The whole set lies in state. */
export interface RejectSample {
  readonly split: string
  readonly stage: string
  readonly reason: string
}

/** What a run did, as plain JSON. The library call returns it, the command prints it, the Lambda answers it. */
export interface RunReport {
  readonly pipeline: string
  readonly version: string
  readonly status: RunStatus
  /** Why, where the status alone does not say it. */
  readonly reason?: string
  readonly loadId: string
  readonly attempt: number
  /** When the load began, also where this run took it up later. ISO 8601, UTC. */
  readonly startedAt: string
  /** ISO 8601, UTC. */
  readonly finishedAt: string
  /** This run's time, planning included: of a load that was taken up it is not the time since `startedAt`. */
  readonly durationMs: number
  readonly guarantee: Guarantee
  /** Where state and rejects are. */
  readonly state: string
  readonly counts: Counts
  readonly groups: readonly GroupReport[]
  readonly splits: readonly SplitReport[]
  readonly rejects: { readonly byReason: Readonly<Record<string, number>>; readonly samples: readonly RejectSample[] }
  /** Splits that still have work, when `stopped`. */
  readonly left: number
  /** Splits run at once, after lowering it to the memory budget. */
  readonly concurrency: number
  /** What a reader should know: a resumed or abandoned load, bookmarks set aside, files replaced. */
  readonly notes: readonly string[]
  /** The first failure, when `failed`. */
  readonly error?: ErrorJson
  /**
   * How often this run asked other systems, state and rejects included: every request that went out, as the plug-ins count them. Absent if
   * none was counted. What a listener of events or `next` is handed does not have it yet.
   */
  readonly requests?: Requests
  /** What was started because loads of this pipeline had ended. Absent if nothing was. */
  readonly next?: readonly FollowerReport[]
}

/** A pipeline that was started after this one, see `next` of the definition. */
export interface FollowerReport {
  readonly pipeline: string
  readonly loadId: string
  /** How it ended; absent if it was handed on, and runs elsewhere. */
  readonly report?: RunReport
  /** Why it could not be run. `ETL_STATE_CONFLICT`: another run is at it. */
  readonly error?: ErrorJson
  /** Not started before the run had to stop: the next run of this pipeline starts it. */
  readonly pending?: true
}

/** How a run and everything that followed it ended: `failed` if one failed, else `stopped` if one has work left. */
export function overallStatus(report: RunReport): RunStatus {
  const all = [report.status, ...(report.next ?? []).map(followerStatus)]
  return all.find(status => status === 'failed') ?? all.find(status => status === 'stopped') ?? report.status
}

/** The errors of a run and of everything that followed it, the run's own first. */
export function errorsOf({ error, next = [] }: RunReport): ErrorJson[] {
  const following = next.flatMap(({ report, error }) => [...(error ? [error] : []), ...(report ? errorsOf(report) : [])])
  return [...(error ? [error] : []), ...following]
}

function followerStatus({ report, error, pending }: FollowerReport): RunStatus {
  if (error) return 'failed'
  if (pending) return 'stopped'
  return report ? overallStatus(report) : 'succeeded'
}

/** No records yet. */
export const noCounts: Counts = { read: 0, written: 0, rejected: 0, dropped: 0, batches: 0, bytes: 0, retries: 0 }

/** Two counts together. */
export function addCounts(a: Counts, b: Counts): Counts {
  const source = a.source && b.source ? addNamed(a.source, b.source) : (a.source ?? b.source)
  return {
    read: a.read + b.read,
    written: a.written + b.written,
    rejected: a.rejected + b.rejected,
    dropped: a.dropped + b.dropped,
    batches: a.batches + b.batches,
    bytes: a.bytes + b.bytes,
    retries: a.retries + b.retries,
    ...(source === undefined ? {} : { source }),
  }
}

function addNamed(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const sum = new Map(Object.entries(a))
  for (const [name, count] of Object.entries(b)) sum.set(name, (sum.get(name) ?? 0) + count)
  return Object.fromEntries(sum)
}
