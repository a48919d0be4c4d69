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
import { keepRows } from './kept.js'
import type { Keeping, RowsOnTheirWay } from './load-rows.js'
import { findRefusedRows } from './refused-rows.js'

/** Batches go to the server together until so many rows or bytes wait: a transaction costs as much as some thousand rows. */
const rowsTogether = 20_000
export const bytesTogether = 8 * 1024 * 1024

/** What a writer works with. */
export interface WriterParts extends Keeping {
  readonly readRow: RowReader
  readonly ctx: SplitContext
  /** Each batch has a transaction of its own. */
  batchByBatch(): boolean
  /** The server may refuse single rows: they are looked for in each batch. Only where `batchByBatch`. */
  mayRefuse(): boolean
  /** Called when the server refused a row nobody expected it to. */
  refusesRows(): void
}

/**
 * Writes one split: rows are checked as they come, and go to the server in one bulk load and one transaction with the checkpoint.
 *
 * A batch is never kept by the call that brings it: its rejects are not durable before that call has returned. It is kept by the next one.
 */
export function splitWriter<T>(parts: WriterParts): SinkWriter<T> {
  const { place, plan, held, readRow, ctx } = parts
  const action = { side: 'sink', place, doing: `write ${plan.tables.map(({ name }) => name).join(', ')}` } as const
  const values: (Value | null)[] = new Array(plan.fields.length).fill(null)
  /** Of the batches since the last transaction, without those the server refuses. */
  let rows: (readonly unknown[])[] = []
  let bytes = 0
  let newest = held.checkpoint
  let receipt = held.receipt
  /** The last batch that waits. */
  let pending: Checkpoint | undefined
  let restartsFrom: number | undefined

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
  const waiting = (): RowsOnTheirWay => ({ rows, batchNo: pending?.batchNo ?? 0, restartsFrom })
  const keep = async (complete = false): Promise<void> => {
    if (pending === undefined && !complete) return
    const checkpoint = pending ?? newest
    receipt = await keepRows(parts, waiting(), { checkpoint, receipt, complete }, ctx.signal).catch(error => {
      throw blamesRow(error) ? unexpected(error) : error
    })
    newest = checkpoint
    pending = undefined
    restartsFrom = undefined
    rows = []
    bytes = 0
  }
  const unexpected = (cause: unknown): SinkError => {
    parts.refusesRows()
    const text = `A row was refused in ${place}. What came since the last checkpoint is written again, batch by batch, to find it.`
    return new SinkError('ETL_SINK_REFUSED', text, { retry: 'later', context: { place }, cause })
  }
  const takeBatch = async (batch: Batch<T>): Promise<readonly RefusedRow[]> => {
    ctx.signal.throwIfAborted()
    const { batchNo } = batch.checkpoint
    const again = batchNo <= ((pending ?? newest)?.batchNo ?? 0)
    if (again || parts.batchByBatch() || rows.length >= rowsTogether || bytes >= bytesTogether) await keep()
    if (again) restartsFrom = batchNo
    const rowOf: number[] = []
    const rejected = readRows(batch.rows.toArray(), readRow, values, row => {
      rowOf.push(row)
      add()
    })
    pending = batch.checkpoint
    if (!parts.mayRefuse() || rows.length === 0) return rejected
    const refused = await findRefusedRows(parts, waiting(), ctx.signal)
    rows = rows.filter((_, seq) => !refused.has(seq))
    const found = [...refused].map(([seq, said]) => ({ row: rowOf[seq] as number, error: refusedRow(said, place) }))
    return [...rejected, ...found].sort((a, b) => a.row - b.row)
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
