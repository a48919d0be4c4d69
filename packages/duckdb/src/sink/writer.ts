import {
  type Batch,
  type Checkpoint,
  type Json,
  type RefusedRow,
  SinkError,
  type SinkWriter,
  type SplitContext,
} from '@millrace/etl-core'
import { findRefused, type RelationalPlan, type RowReader, readRows, type SplitReceipt, writerCalls } from '@millrace/relational'
import type { Value } from '@millrace/schema/columns'
import type { Database } from '../database.js'
import { blamesRow, refusedRow, saidBy, translated } from '../errors.js'
import { type Session, sessionOver } from '../session.js'
import type { Borrowed } from '../shared-file.js'
import type { Loading } from './loading.js'
import type { HeldSplit, Noted, RefusedNote } from './splits.js'
import { rowsWhere, stageOf } from './stage.js'

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
  /** A batch that comes again is the same, so it is passed over. */
  readonly sameAgain: boolean
  /** Each batch has a transaction of its own. */
  readonly oneByOne: boolean
  /** The tables may refuse single rows: they are looked for in each batch. */
  readonly mayRefuse: boolean
  /** Called when the database refused a row nobody expected it to. */
  refusesRows(): void
}

/** Thrown to undo a transaction that was only a try. */
const undo = new Error('Only a try.')

/**
 * Writes one split: rows are checked and staged as they come, and go to their tables in one transaction with the checkpoint.
 *
 * A batch is never kept by the call that brings it: its rejects are not durable before that call has returned. It is kept by the next one.
 */
export async function splitWriter<T>(parts: WriterParts): Promise<SinkWriter<T>> {
  const { database, place, plan, loading, borrowed, held, readRow, ctx } = parts
  const action = { side: 'sink', place, doing: `write ${plan.tables.map(({ name }) => name).join(', ')}` } as const
  const stage = stageOf(sessionOver(borrowed.connection, ctx.signal), plan)
  const values: (Value | null)[] = new Array(plan.fields.length).fill(null)
  let newest = held.checkpoint
  let receipt = held.receipt
  let notes: readonly RefusedNote[] = held.refused
  /** The last batch that is staged and not kept. */
  let pending: Checkpoint | undefined
  /** Staged rows the database refuses. */
  let without: ReadonlySet<number> = new Set()
  let acknowledged = 0
  let restartsFrom: number | undefined

  const calls = writerCalls(ctx.split.id)
  const during = <V>(act: () => Promise<V>): Promise<V> => calls.during(() => translated(action, act))
  const load = async (session: Session, where?: string): Promise<SplitReceipt['changed']> => {
    if (restartsFrom !== undefined) await loading.restart?.(session, restartsFrom)
    if (stage.rows === 0) return receipt.changed
    const changed = { ...receipt.changed }
    for (const { sql, writes } of loading.statements(where)) {
      const rows = await session.run(sql)
      const name = writes === undefined ? undefined : plan.tables[writes]?.name
      if (name !== undefined) changed[name] = (changed[name] ?? 0) + rows
    }
    return changed
  }
  const transact = <V>(work: (session: Session) => Promise<V>) => database.write(work, ctx.signal, borrowed.connection)
  const keepNow = (complete: boolean): Promise<Noted> =>
    transact(async session => {
      const changed = await load(session, without.size === 0 ? undefined : rowsWhere(stage.rows, without))
      const rows = receipt.rows + stage.rows - without.size
      const noted = { checkpoint: pending ?? newest, receipt: { rows, changed }, refused: notes, complete }
      await held.note(session, noted)
      return noted
    })
  const keep = async (complete = false): Promise<void> => {
    if (pending === undefined && !complete) return
    stage.seal()
    const kept = await keepNow(complete).catch(error => {
      throw blamesRow(error) ? unexpected(error) : error
    })
    newest = kept.checkpoint
    receipt = kept.receipt
    pending = undefined
    restartsFrom = undefined
    without = new Set()
    if (!complete) await stage.clear()
  }
  const unexpected = (cause: unknown): SinkError => {
    parts.refusesRows()
    const text = `A row was refused in ${place}. What came since the last checkpoint is written again, batch by batch, to find it.`
    return new SinkError('ETL_SINK_REFUSED', text, { retry: 'later', context: { place }, cause })
  }
  /** What the database says to some of the staged rows. */
  const attempt = async (end: number, excluded: ReadonlySet<number>): Promise<unknown> => {
    const trying = transact(async session => {
      await load(session, rowsWhere(end, excluded))
      throw undo
    })
    try {
      return await trying
    } catch (error) {
      if (error === undo) return undefined
      if (blamesRow(error)) return error
      throw error
    }
  }
  const check = (batch: Batch<T>, take: (row: number) => void) => readRows(batch.rows.toArray(), readRow, values, take)
  const passOver = (batch: Batch<T>): RefusedRow[] => {
    const known = notes.filter(({ batchNo }) => batchNo === batch.checkpoint.batchNo)
    return [...check(batch, () => {}), ...known.map(({ row, said }) => ({ row, error: refusedRow(said) }))]
  }
  const stageBatch = async (batch: Batch<T>): Promise<RefusedRow[]> => {
    const { batchNo } = batch.checkpoint
    const rowOf: number[] = []
    const rejected = check(batch, row => {
      stage.append(batchNo, values)
      rowOf.push(row)
    })
    pending = batch.checkpoint
    if (!parts.mayRefuse || stage.rows === 0) return rejected
    stage.seal()
    const refused = await findRefused(stage.rows, attempt)
    without = new Set(refused.keys())
    const found = [...refused].map(([seq, error]) => ({ batchNo, row: rowOf[seq] as number, said: saidBy(error as Error) }))
    notes = [...notes, ...found]
    return [...rejected, ...found.map(({ row, said }) => ({ row, error: refusedRow(said) }))]
  }
  const takeBatch = async (batch: Batch<T>): Promise<readonly RefusedRow[]> => {
    ctx.signal.throwIfAborted()
    const { batchNo } = batch.checkpoint
    const again = batchNo <= ((pending ?? newest)?.batchNo ?? 0)
    if (again && parts.sameAgain) return passOver(batch).sort((a, b) => a.row - b.row)
    if (again || parts.oneByOne || stage.rows >= rowsTogether || stage.bytes >= bytesTogether) await keep()
    if (again) restartsFrom = batchNo
    return (await stageBatch(batch)).sort((a, b) => a.row - b.row)
  }
  const end = async () => {
    await calls.end()
    borrowed.release(false)
  }

  await translated(action, () => stage.clear())
  return {
    ...(held.checkpoint && { resumeFrom: held.checkpoint }),
    write: async batch => during(async () => ({ rejected: await takeBatch(batch) })),
    flush: async () =>
      during(async () => {
        // What an earlier flush acknowledged is known by now.
        notes = notes.filter(({ batchNo }) => batchNo > acknowledged)
        await keep()
        acknowledged = newest?.batchNo ?? 0
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
