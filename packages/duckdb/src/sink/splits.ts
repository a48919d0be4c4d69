import { randomBytes } from 'node:crypto'
import type { Checkpoint, Json, RunContext, SplitContext } from '@millrace/etl-core'
import { cleanedKnownForMs, emptyReceipt, type SplitReceipt, splitSucceeded } from '@millrace/relational'
import type { Session } from '../session.js'

const table = 'main."_millrace_splits"'
const loadsTable = 'main."_millrace_loads"'

/** Where each split of an unfinished load stands. Its rows are removed when the load is closed. */
const createSplits = `CREATE TABLE IF NOT EXISTS ${table} (
  pipeline VARCHAR NOT NULL, part VARCHAR NOT NULL, load_id VARCHAR NOT NULL, split_id VARCHAR NOT NULL,
  epoch BIGINT NOT NULL, writer VARCHAR NOT NULL, batch_no BIGINT, cursor VARCHAR, receipt VARCHAR NOT NULL, refused VARCHAR NOT NULL,
  complete BOOLEAN NOT NULL,
  PRIMARY KEY (pipeline, part, load_id, split_id))`

/** Which loads were cleaned up lately, and by whom: an owner that slept meanwhile must not begin their splits anew. */
const createLoads = `CREATE TABLE IF NOT EXISTS ${loadsTable} (
  pipeline VARCHAR NOT NULL, part VARCHAR NOT NULL, load_id VARCHAR NOT NULL,
  started_ms BIGINT NOT NULL, epoch BIGINT NOT NULL, cleaned_ms BIGINT NOT NULL, PRIMARY KEY (pipeline, part, load_id))`

/** The statements that make what is kept of unfinished loads. */
export const createBooks: readonly string[] = [createSplits, createLoads]

const isSplit = 'pipeline = $1 AND part = $2 AND load_id = $3 AND split_id = $4'

/** A sink's own name for its books, beside other sinks of a flow at one place. Empty for the only one. */
export type Part = string

/** A row the database refused of a batch that state may not know of yet. */
export interface RefusedNote {
  readonly batchNo: number
  readonly row: number
  readonly said: string
}

/** A split in this writer's hands. */
export interface HeldSplit extends Pick<Noted, 'checkpoint' | 'receipt' | 'refused'> {
  /**
   * Notes in the transaction of a batch how far the split is.
   * @throws StateError `ETL_STATE_CONFLICT` when a later writer has opened the split, or its load was cleaned up.
   */
  note(session: Session, at: Noted): Promise<void>
}

/** How far a split is. */
export interface Noted {
  readonly checkpoint: Checkpoint | undefined
  readonly receipt: SplitReceipt
  readonly refused: readonly RefusedNote[]
  readonly complete: boolean
}

/**
 * Takes a split for a new writer: every earlier one is refused from now on.
 *
 * @throws StateError `ETL_STATE_CONFLICT` when an owner of a later epoch has it, or has cleaned up after the load.
 */
export async function takeSplit(session: Session, part: Part, ctx: SplitContext): Promise<HeldSplit> {
  const { epoch } = ctx.load
  const key = [ctx.pipeline, part, ctx.load.loadId, ctx.split.id]
  const writer = randomBytes(9).toString('base64url')
  const [row] = await session.rows(`SELECT epoch, batch_no, cursor, receipt, refused FROM ${table} WHERE ${isSplit}`, key)
  if ((row && Number(row[0]) > epoch) || (await isCleanedUp(session, part, ctx))) throw splitSucceeded(ctx)
  const sql = row
    ? `UPDATE ${table} SET epoch = $5, writer = $6 WHERE ${isSplit}`
    : `INSERT INTO ${table} VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, '${JSON.stringify(emptyReceipt)}', '[]', false)`
  await session.run(sql, [...key, BigInt(epoch), writer])
  const known = row && row[1] !== null
  return {
    checkpoint: known ? { batchNo: Number(row[1]), cursor: JSON.parse(row[2] as string) as Json } : undefined,
    receipt: row ? (JSON.parse(row[3] as string) as SplitReceipt) : emptyReceipt,
    refused: row ? (JSON.parse(row[4] as string) as readonly RefusedNote[]) : [],
    async note(session, { checkpoint, receipt, refused, complete }) {
      const changed = await session.run(
        `UPDATE ${table} SET batch_no = $6, cursor = $7, receipt = $8, refused = $9, complete = $10 WHERE ${isSplit} AND writer = $5`,
        [
          ...key,
          writer,
          checkpoint === undefined ? null : BigInt(checkpoint.batchNo),
          checkpoint === undefined ? null : JSON.stringify(checkpoint.cursor),
          JSON.stringify(receipt),
          JSON.stringify(refused),
          complete,
        ],
      )
      if (changed !== 1) throw splitSucceeded(ctx)
    },
  }
}

/** Which of a load's splits are complete. */
export async function completeSplits(
  session: Session,
  part: Part,
  pipeline: string,
  loadId: string,
): Promise<ReadonlySet<string>> {
  const sql = `SELECT split_id FROM ${table} WHERE pipeline = $1 AND part = $2 AND load_id = $3 AND complete`
  return new Set((await session.rows(sql, [pipeline, part, loadId])).map(([id]) => id as string))
}

/** Whether a later owner has splits of a load. */
export async function isSucceeded(
  session: Session,
  part: Part,
  pipeline: string,
  load: { loadId: string; epoch: number },
): Promise<boolean> {
  const sql = `SELECT 1 FROM ${table} WHERE pipeline = $1 AND part = $2 AND load_id = $3 AND epoch > $4 LIMIT 1`
  return (await session.rows(sql, [pipeline, part, load.loadId, BigInt(load.epoch)])).length > 0
}

/** The load was cleaned up by this owner or a later one. An id may come back with a load that begins later. */
async function isCleanedUp(session: Session, part: Part, { pipeline, load }: RunContext): Promise<boolean> {
  const sql = `SELECT 1 FROM ${loadsTable} WHERE pipeline = $1 AND part = $2 AND load_id = $3 AND started_ms >= $4 AND epoch >= $5`
  const values = [pipeline, part, load.loadId, BigInt(load.startedAtMs), BigInt(load.epoch)]
  return (await session.rows(sql, values)).length > 0
}

/** Removes what is known of a load's splits, notes that, and forgets loads that were cleaned up long ago. */
export async function forgetSplits(
  session: Session,
  part: Part,
  loadId: string,
  { pipeline, load, clock }: RunContext,
): Promise<void> {
  const nowMs = clock.now()
  await session.run(`DELETE FROM ${table} WHERE pipeline = $1 AND part = $2 AND load_id = $3`, [pipeline, part, loadId])
  await session.run(`DELETE FROM ${loadsTable} WHERE cleaned_ms < $1`, [BigInt(nowMs - cleanedKnownForMs)])
  const values = [pipeline, part, loadId, BigInt(load.startedAtMs), BigInt(load.epoch), BigInt(nowMs)]
  await session.run(`INSERT OR REPLACE INTO ${loadsTable} VALUES ($1, $2, $3, $4, $5, $6)`, values)
}
