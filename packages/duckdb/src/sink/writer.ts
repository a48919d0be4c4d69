import {
  type Batch,
  type Checkpoint,
  isRecordError,
  type Json,
  type RefusedRow,
  SinkError,
  type SinkWriter,
  type SplitContext,
} from '@millrace/etl-core'
import type { RelationalPlan, RowReader } from '@millrace/relational'
import type { Value } from '@millrace/schema/columns'
import type { Database } from '../database.js'
import { blamesRow, refusedRow, translated } from '../errors.js'
import { type Session, sessionOver } from '../session.js'
import type { Borrowed } from '../shared-file.js'
import { findRefused, rowsWhere } from './admit.js'
import type { Loading } from './loading.js'
import type { HeldSplit, SplitReceipt } from './splits.js'
import { stageOf } from './stage.js'

/** Batches go to the database together until so many rows or bytes wait: a transaction costs as much as a thousand rows. */
const rowsTogether = 20_000
export const bytesTogether = 8 * 1024 * 1024

/** What a writer works with. */
export interface WriterParts {
  readonly database: Database
  readonly place: string
  readonly plan: RelationalPlan
  readonly loading: Loading
  readonly borrowed: Borrowed
  readonly held: HeldSplit
  readonly readRow: RowReader
  readonly ctx: SplitContext
  /** Each batch has a transaction of its own, and the rows the database refuses are found in it. */
  batchByBatch(): boolean
  /** Called when the database refused a row nobody expected it to. */
  refusesRows(): void
}

/** Thrown to undo a transaction that was only a try. */
const undo = new Error('Only a try.')

/** Writes one split: rows are checked and staged as they come, and go to their tables in one transaction with the checkpoint. */
export async function splitWriter<T>(parts: WriterParts): Promise<SinkWriter<T>> {
  const { database, place, plan, loading, borrowed, held, readRow, ctx } = parts
  const action = { side: 'sink', place, doing: `write ${plan.tables.map(({ name }) => name).join(', ')}` } as const
  const stage = stageOf(sessionOver(borrowed.connection, ctx.signal), plan)
  const values: (Value | null)[] = new Array(plan.fields.length).fill(null)
  let newest = held.checkpoint
  let receipt = held.receipt
  let pending: Checkpoint | undefined
  let restarts = false
  let closed = false
  let busy: Promise<unknown> = Promise.resolve()

  /** One call at a time; the last ones wait for what was given up. */
  const during = <V>(act: () => Promise<V>): Promise<V> => {
    if (closed) throw new SinkError('ETL_SINK_CLOSED', `The writer of split "${ctx.split.id}" has ended.`)
    const running = translated(action, act)
    busy = Promise.allSettled([busy, running])
    return running
  }
  const load = async (session: Session, where?: string): Promise<SplitReceipt> => {
    if (restarts) await loading.restart?.(session)
    if (stage.rows === 0) return receipt
    const changed = { ...receipt.changed }
    for (const { sql, writes } of loading.statements(where)) {
      const rows = await session.run(sql)
      const name = writes === undefined ? undefined : plan.tables[writes]?.name
      if (name !== undefined) changed[name] = (changed[name] ?? 0) + rows
    }
    return { rows: receipt.rows, changed }
  }
  const keepRows = (rows: number, complete: boolean, where?: string): Promise<void> =>
    database
      .write(
        async session => {
          const loaded = await load(session, where)
          const next = { checkpoint: pending ?? newest, receipt: { ...loaded, rows: loaded.rows + rows }, complete }
          await held.note(session, next)
          return next
        },
        ctx.signal,
        borrowed.connection,
      )
      .then(kept => {
        newest = kept.checkpoint
        receipt = kept.receipt
      })
  /** What the database says to some of the staged rows. */
  const attempt = async (end: number, without: ReadonlySet<number>): Promise<unknown> => {
    const trying = database.write(
      async session => {
        await load(session, rowsWhere(end, without))
        throw undo
      },
      ctx.signal,
      borrowed.connection,
    )
    try {
      return await trying
    } catch (error) {
      if (error === undo) return undefined
      if (blamesRow(error)) return error
      throw error
    }
  }
  const keep = async (complete = false): Promise<ReadonlyMap<number, unknown>> => {
    if (pending === undefined && !complete) return new Map()
    let refused: ReadonlyMap<number, unknown> = new Map()
    stage.seal()
    try {
      await keepRows(stage.rows, complete)
    } catch (error) {
      if (!blamesRow(error)) throw error
      if (!parts.batchByBatch()) throw unexpected(error)
      refused = await findRefused(stage.rows, attempt)
      await keepRows(stage.rows - refused.size, complete, rowsWhere(stage.rows, new Set(refused.keys())))
    }
    pending = undefined
    restarts = false
    if (!complete) await stage.clear()
    return refused
  }
  const unexpected = (cause: unknown): SinkError => {
    parts.refusesRows()
    const text = `A row was refused in ${place}. The batches since the last checkpoint are written again, one by one, to find it.`
    return new SinkError('ETL_SINK_REFUSED', text, { retry: 'later', context: { place }, cause })
  }
  const end = async () => {
    closed = true
    await busy
    borrowed.release(false)
  }
  const takeBatch = async (batch: Batch<T>): Promise<readonly RefusedRow[]> => {
    ctx.signal.throwIfAborted()
    // Read again from the start, though rows of it are here: a source that gives other records the second time.
    if (pending === undefined && newest && batch.checkpoint.batchNo <= newest.batchNo) restarts = true
    const rejected: RefusedRow[] = []
    const rowOf: number[] = []
    const records = batch.rows.toArray()
    for (let row = 0; row < records.length; row++) {
      try {
        readRow(records[row], values)
      } catch (error) {
        if (!isRecordError(error)) throw error
        rejected.push({ row, error })
        continue
      }
      stage.append(values)
      rowOf.push(row)
    }
    pending = batch.checkpoint
    if (parts.batchByBatch()) {
      for (const [seq, said] of await keep()) rejected.push({ row: rowOf[seq] as number, error: refusedRow(said, place) })
      return rejected.sort((a, b) => a.row - b.row)
    }
    if (stage.rows >= rowsTogether || stage.bytes >= bytesTogether) await keep()
    return rejected
  }

  await translated(action, () => stage.clear())
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
