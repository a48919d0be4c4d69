import { randomBytes } from 'node:crypto'
import type { Checkpoint, Json, RunContext, SplitContext } from '@millrace/etl-core'
import { cleanedKnownForMs, emptyReceipt, type SplitReceipt, splitSucceeded } from '@millrace/relational'
import { isTakenKey } from '../errors.js'
import type { Param, Session } from '../session.js'
import { keyOf } from '../sql.js'

const table = '[dbo].[_millrace_splits]'
const loadsTable = '[dbo].[_millrace_loads]'

/** Where each split of an unfinished load stands. Its rows are removed when the load is closed. Hashes: see the table of state. */
const createSplits = `IF OBJECT_ID(N'${table}', N'U') IS NULL
CREATE TABLE ${table} (
  [load_hash] NVARCHAR(40) NOT NULL, [split_hash] NVARCHAR(40) NOT NULL,
  [pipeline] NVARCHAR(MAX) NOT NULL, [load_id] NVARCHAR(MAX) NOT NULL, [split_id] NVARCHAR(MAX) NOT NULL,
  [epoch] BIGINT NOT NULL, [writer] NVARCHAR(40) NOT NULL, [batch_no] BIGINT NULL, [cursor] NVARCHAR(MAX) NULL,
  [receipt] NVARCHAR(MAX) NOT NULL, [complete] BIT NOT NULL,
  PRIMARY KEY ([load_hash], [split_hash]))`

/** Which loads were cleaned up lately, and by whom: an owner that slept meanwhile must not begin their splits anew. */
const createLoads = `IF OBJECT_ID(N'${loadsTable}', N'U') IS NULL
CREATE TABLE ${loadsTable} (
  [load_hash] NVARCHAR(40) NOT NULL PRIMARY KEY, [pipeline] NVARCHAR(MAX) NOT NULL, [load_id] NVARCHAR(MAX) NOT NULL,
  [started_ms] BIGINT NOT NULL, [epoch] BIGINT NOT NULL, [cleaned_ms] BIGINT NOT NULL)`

/** The statements that make what is kept of unfinished loads. */
export const createBooks: readonly string[] = [createSplits, createLoads]

/** A sink's own name for its books: the name it has beside other sinks of a flow, and its tables. */
export type Part = string

/** @param name - Empty for the only sink of a flow. */
export const partOf = (name: string, tables: readonly string[]): Part => JSON.stringify([name, ...tables])

/** How far a split is. */
export interface Noted {
  readonly checkpoint: Checkpoint | undefined
  readonly receipt: SplitReceipt
  readonly complete: boolean
}

/** A split in this writer's hands. */
export interface HeldSplit {
  readonly checkpoint: Checkpoint | undefined
  readonly receipt: SplitReceipt
  /**
   * Notes in the transaction of a batch how far the split is.
   * @throws StateError `ETL_STATE_CONFLICT` when a later writer has opened the split, or its load was cleaned up.
   */
  note(session: Session, at: Noted): Promise<void>
}

const isSplit = '[load_hash] = @load AND [split_hash] = @split'

/** A load's name in the books of a sink. */
export const loadHash = (part: Part, { pipeline, load }: Pick<RunContext, 'pipeline' | 'load'>): string =>
  keyOf([pipeline, part, load.loadId])

/**
 * What only one transaction may do at a time: take a split of a load, or clean up after it. Else a split that was just taken could be cleaned
 * up by an earlier owner, and one of a load that is just being cleaned up begun anew.
 */
export const loadLock = (load: string): string => `load ${load}`

/**
 * Takes a split for a new writer, in a transaction that has the load's lock: every earlier one is refused from now on. One that is just writing
 * is waited for.
 *
 * The row is written before it is read: whoever has written it keeps it to the end of the transaction, everywhere. Servers that pass over
 * locking hints would let two read the same place (https://github.com/babelfish-for-postgresql/babelfish_extensions/issues/2132).
 *
 * @throws StateError `ETL_STATE_CONFLICT` when an owner of a later epoch has it, or has cleaned up after the load.
 */
export async function takeSplit(session: Session, part: Part, ctx: SplitContext): Promise<HeldSplit> {
  const key = { load: loadHash(part, ctx), split: keyOf(ctx.split.id) }
  const writer = randomBytes(16).toString('hex')
  const mine = { ...key, epoch: BigInt(ctx.load.epoch), writer }
  const take = () =>
    session.run(`UPDATE ${table} SET [epoch] = @epoch, [writer] = @writer WHERE ${isSplit} AND [epoch] <= @epoch`, mine)
  if (await isCleanedUp(session, key.load, ctx)) throw splitSucceeded(ctx)
  // Where someone else begins it at the same moment, their row is taken over.
  const isMine = (await take()) > 0 || (await begin(session, mine, ctx)) || (await take()) > 0
  if (!isMine) throw splitSucceeded(ctx)
  const [row] = await session.rows(`SELECT [batch_no], [cursor], [receipt] FROM ${table} WHERE ${isSplit}`, key)
  const [batchNo, cursor, receipt] = row as readonly [unknown, string, string]
  return {
    checkpoint: batchNo === null ? undefined : { batchNo: Number(batchNo), cursor: JSON.parse(cursor) as Json },
    receipt: JSON.parse(receipt) as SplitReceipt,
    async note(session, { checkpoint, receipt, complete }) {
      const at = checkpoint && { batch: BigInt(checkpoint.batchNo), cursor: JSON.stringify(checkpoint.cursor) }
      const changed = await session.run(
        `UPDATE ${table} SET ${at ? '[batch_no] = @batch, [cursor] = @cursor, ' : ''}[receipt] = @receipt, [complete] = @complete WHERE ${isSplit} AND [writer] = @writer`,
        { ...key, writer, ...at, receipt: JSON.stringify(receipt), complete: complete ? 1 : 0 },
      )
      if (changed !== 1) throw splitSucceeded(ctx)
    },
  }
}

/** Writes a split's first row, if nobody has. */
async function begin(session: Session, mine: Readonly<Record<string, Param>>, ctx: SplitContext): Promise<boolean> {
  const inserting = session.run(
    `INSERT INTO ${table} ([load_hash], [split_hash], [pipeline], [load_id], [split_id], [epoch], [writer], [receipt], [complete])
VALUES (@load, @split, @pipeline, @id, @splitId, @epoch, @writer, @receipt, 0)`,
    { ...mine, pipeline: ctx.pipeline, id: ctx.load.loadId, splitId: ctx.split.id, receipt: JSON.stringify(emptyReceipt) },
  )
  return inserting.then(
    () => true,
    error => {
      if (isTakenKey(error)) return false
      throw error
    },
  )
}

/** The splits of a load that are complete. */
export async function completeSplits(session: Session, load: string): Promise<ReadonlySet<string>> {
  const rows = await session.rows(`SELECT [split_id] FROM ${table} WHERE [load_hash] = @load AND [complete] = 1`, { load })
  return new Set(rows.map(([id]) => id as string))
}

/** Whether a later owner has splits of a load. */
export async function isSucceeded(session: Session, load: string, epoch: number): Promise<boolean> {
  const rows = await session.rows(`SELECT COUNT(*) FROM ${table} WHERE [load_hash] = @load AND [epoch] > @epoch`, {
    load,
    epoch: BigInt(epoch),
  })
  return Number(rows[0]?.[0]) > 0
}

/** The load was cleaned up by this owner or a later one. An id may come back with a load that begins later. */
async function isCleanedUp(session: Session, load: string, { load: { startedAtMs, epoch } }: RunContext): Promise<boolean> {
  const [row] = await session.rows(
    `SELECT COUNT(*) FROM ${loadsTable} WHERE [load_hash] = @load AND [started_ms] >= @started AND [epoch] >= @epoch`,
    { load, started: BigInt(startedAtMs), epoch: BigInt(epoch) },
  )
  return Number(row?.[0]) > 0
}

/** Removes what is known of a load's splits, notes that, and forgets loads that were cleaned up long ago. */
export async function forgetSplits(
  session: Session,
  load: string,
  loadId: string,
  { pipeline, load: { startedAtMs, epoch }, clock }: RunContext,
): Promise<void> {
  const nowMs = clock.now()
  await session.run(`DELETE FROM ${table} WHERE [load_hash] = @load`, { load })
  const old = BigInt(nowMs - cleanedKnownForMs)
  await session.run(`DELETE FROM ${loadsTable} WHERE [load_hash] = @load OR [cleaned_ms] < @old`, { load, old })
  await session.run(
    `INSERT INTO ${loadsTable} ([load_hash], [pipeline], [load_id], [started_ms], [epoch], [cleaned_ms])
VALUES (@load, @pipeline, @id, @started, @epoch, @now)`,
    { load, pipeline, id: loadId, started: BigInt(startedAtMs), epoch: BigInt(epoch), now: BigInt(nowMs) },
  )
}

/** Whether anything was ever written down here. The table that is made last tells. */
export async function hasBooks(session: Session): Promise<boolean> {
  const [row] = await session.rows(`SELECT CASE WHEN OBJECT_ID(N'${loadsTable}', N'U') IS NULL THEN 0 ELSE 1 END`)
  return row?.[0] === 1
}
