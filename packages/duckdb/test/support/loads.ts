import { rowsOf, type Sink, type WriteResult } from '@millrace/etl-core'
import { testSplitContext, testStartMs } from '@millrace/etl-testkit'
import type * as z from 'zod'

/** Makes a sink ready, as the runner does. */
export function ready<T>(sink: Sink<T>, schema: z.ZodType<T>): Sink<T> {
  sink.prepare?.({ pipeline: 'test', schema })
  return sink
}

let loads = 0

/** Writes batches as one load of one split, to the end, and gives what was rejected: `[batch, row, code]`. */
export async function load<T>(
  sink: Sink<T>,
  batches: readonly (readonly T[])[],
  options: { readonly flush?: boolean; readonly startedAtMs?: number } = {},
): Promise<readonly (readonly [number, number, string])[]> {
  const number = ++loads
  const at = { loadId: `load-${number}`, startedAtMs: options.startedAtMs ?? testStartMs + number, attempt: 1, epoch: number }
  const ctx = testSplitContext({ load: at, split: { id: 'split-1', params: null, group: 'all' } })
  const writer = await sink.open(ctx)
  const rejected: (readonly [number, number, string])[] = []
  for (const [index, records] of batches.entries()) {
    const checkpoint = { batchNo: index + 1, cursor: index + 1 }
    const batch = { id: `${number}-${index}`, checkpoint, rows: rowsOf(records), rawOf: (row: number) => row }
    const result: WriteResult = await writer.write(batch)
    for (const { row, error } of result.rejected ?? []) rejected.push([index, row, error.code])
    if (options.flush ?? true) await writer.flush()
  }
  const receipt = await writer.commit()
  await sink.publish?.({ name: 'all', receipts: [{ split: ctx.split, receipt }] }, ctx)
  await sink.discard?.(at.loadId, ctx)
  return rejected
}
