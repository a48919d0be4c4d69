import type { ErrorJson } from './errors.js'
import type { Counts, RunReport, SplitReport } from './report.js'
import type { PublishedObject } from './sink.js'

/** What a run says while it goes on. Plain JSON. Every event carries `atMs` (epoch milliseconds) and the load. */
export type RunEvent = { readonly atMs: number; readonly pipeline: string; readonly loadId: string } & (
  | {
      readonly type: 'load.started'
      readonly attempt: number
      readonly splits: number
      readonly groups: number
      readonly resumed: boolean
    }
  | {
      readonly type: 'split.started'
      readonly split: string
      readonly group: string
      readonly attempt: number
      readonly resumedAtBatch: number
    }
  /** At most twice a second for each split, and at its end. `counts` are those of this run so far. */
  | { readonly type: 'split.progress'; readonly split: string; readonly group: string; readonly counts: Counts }
  /** A checkpoint is saved: everything up to this batch survives. */
  | { readonly type: 'split.saved'; readonly split: string; readonly group: string; readonly batchNo: number }
  | {
      readonly type: 'split.retry'
      readonly split: string
      readonly group: string
      readonly waitMs: number
      readonly error: ErrorJson
    }
  | { readonly type: 'split.finished'; readonly split: string; readonly group: string; readonly report: SplitReport }
  | { readonly type: 'group.published'; readonly group: string; readonly objects: readonly PublishedObject[] }
  | { readonly type: 'group.failed'; readonly group: string; readonly error: ErrorJson }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'load.finished'; readonly report: RunReport }
)

/** An event without what the runner puts on every one. */
export type Unstamped<E> = E extends unknown ? Omit<E, 'atMs' | 'pipeline' | 'loadId'> : never
/** An event before the runner has put the time and the load on it. */
export type RunEventBody = Unstamped<RunEvent>

/** Receives events as they happen. Must not throw; what it does is not waited for. */
export type OnEvent = (event: RunEvent) => void
