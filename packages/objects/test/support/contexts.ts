import {
  type Batch,
  type Checkpoint,
  hashOf,
  type Json,
  type RunContext,
  rowsOf,
  type Split,
  type SplitContext,
  silentLog,
  systemClock,
} from '@millrace/etl-core'

/** A context as the runner makes one. */
export function runContext(
  over: { loadId?: string; pipeline?: string; epoch?: number; startedAtMs?: number; signal?: AbortSignal } = {},
): RunContext {
  const {
    loadId = 'load-1',
    pipeline = 'app',
    epoch = 1,
    startedAtMs = Date.UTC(2025, 1, 4, 12),
    signal = new AbortController().signal,
  } = over
  return {
    pipeline,
    version: '1',
    load: { loadId, startedAtMs, attempt: epoch, epoch },
    bookmarks: new Map(),
    signal,
    clock: systemClock,
    log: silentLog,
  }
}

export function splitContext(split: Split, ctx: RunContext = runContext(), resume?: Checkpoint): SplitContext {
  return { ...ctx, split, ...(resume === undefined ? {} : { resume }), progress: { retried() {} } }
}

export const split = (id: string, group?: string, labels?: Record<string, string>): Split => ({
  id,
  params: null,
  ...(group === undefined ? {} : { group }),
  ...(labels === undefined ? {} : { labels }),
})

/** The batch that the runner would make of these records: its cursor is its number. */
export function batch<T>(records: readonly T[], batchNo: number, of = 'split'): Batch<T> {
  return {
    id: hashOf([of, batchNo]),
    checkpoint: { cursor: batchNo, batchNo },
    rows: rowsOf(records),
    rawOf: row => records[row] as unknown as Json,
  }
}
