import {
  type Batch,
  type Checkpoint,
  type Json,
  type RefusedRow,
  SinkError,
  type SinkWriter,
  type SplitContext,
} from '@millrace/etl-core'
import { type RowReader, readRows, writerCalls } from '@millrace/relational'
import type { Value } from '@millrace/schema/columns'
import { sentValue } from '../bulk-types.js'
import { blamesRow, refusedRow, translated } from '../errors.js'
import { type Keeping, keepRows } from './kept.js'

/** Batches go to the server together until so many rows or bytes wait: a transaction costs as much as some thousand rows. */
const rowsTogether = 20_000
export const bytesTogether = 8 * 1024 * 1024

/** What a writer works with. */
export interface WriterParts extends Keeping {
  readonly readRow: RowReader
  readonly ctx: SplitContext
  /** Each batch has a transaction of its own, and the rows the server refuses are found in it. */
  batchByBatch(): boolean
  /** Called when the server refused a row nobody expected it to. */
  refusesRows(): void
}

/** Writes one split: rows are checked as they come, and go to the server in one bulk load and one transaction with the checkpoint. */
export function splitWriter<T>(parts: WriterParts): SinkWriter<T> {
  const { place, plan, held, readRow, ctx } = parts
  const action = { side: 'sink', place, doing: `write ${plan.tables.map(({ name }) => name).join(', ')}` } as const
  const values: (Value | null)[] = new Array(plan.fields.length).fill(null)
  let rows: unknown[][] = []
  let bytes = 0
  let newest = held.checkpoint
  let receipt = held.receipt
  let pending: Checkpoint | undefined
  let restarts = false

  const calls = writerCalls(ctx.split.id)
  const during = <V>(act: () => Promise<V>): Promise<V> => calls.during(() => translated(action, act))
  const add = () => {
    const row: unknown[] = [rows.length]
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? null
      const sent = sentValue((plan.fields[at] as (typeof plan.fields)[number]).type, value)
      row.push(sent)
      bytes += typeof sent === 'string' ? 2 * sent.length : sent instanceof Uint8Array ? sent.length : 8
    }
    rows.push(row)
  }
  const keep = async (complete = false): Promise<ReadonlyMap<number, unknown>> => {
    if (pending === undefined && !complete) return new Map()
    const finds = parts.batchByBatch()
    const checkpoint = pending ?? newest
    try {
      const kept = await keepRows(parts, { rows, checkpoint, receipt, complete, restarts, finds }, ctx.signal)
      newest = checkpoint
      receipt = kept.receipt
      pending = undefined
      restarts = false
      rows = []
      bytes = 0
      return kept.refused
    } catch (error) {
      throw blamesRow(error) && !finds ? unexpected(error) : error
    }
  }
  const unexpected = (cause: unknown): SinkError => {
    parts.refusesRows()
    const text = `A row was refused in ${place}. The batches since the last checkpoint are written again, one by one, to find it.`
    return new SinkError('ETL_SINK_REFUSED', text, { retry: 'later', context: { place }, cause })
  }
  const takeBatch = async (batch: Batch<T>): Promise<readonly RefusedRow[]> => {
    ctx.signal.throwIfAborted()
    // Read again from the start, though rows of it are here: a source that gives other records the second time.
    if (pending === undefined && newest && batch.checkpoint.batchNo <= newest.batchNo) restarts = true
    const rowOf: number[] = []
    const rejected = readRows(batch.rows.toArray(), readRow, values, row => {
      rowOf.push(row)
      add()
    })
    pending = batch.checkpoint
    if (parts.batchByBatch()) {
      for (const [seq, said] of await keep()) rejected.push({ row: rowOf[seq] as number, error: refusedRow(said, place) })
      return rejected.sort((a, b) => a.row - b.row)
    }
    if (rows.length >= rowsTogether || bytes >= bytesTogether) await keep()
    return rejected
  }
  const end = async () => {
    await calls.end()
    rows = []
  }

  return {
    ...(held.checkpoint && { resumeFrom: held.checkpoint }),
    write: async batch => during(async () => ({ rejected: await takeBatch(batch) })),
    flush: async () =>
      during(async () => {
        await keep()
        return newest
      }),
    commit: async () => {
      await during(() => keep(true))
      await end()
      return receipt as unknown as Json
    },
    suspend: async () => {
      await during(async () => undefined)
      await end()
    },
    abort: async () => {
      await during(async () => undefined)
      await end()
    },
  }
}
