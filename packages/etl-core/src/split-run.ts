import { applySteps, type SteppedBatch } from './apply-steps.js'
import type { Batch, SourceBatch } from './batch.js'
import { ConfigError } from './errors.js'
import { hashOf, toJson } from './json.js'
import type { SplitContext } from './load.js'
import { loadKeyOf, type Tally } from './load-state.js'
import { refuseTooMany } from './max-rejects.js'
import type { Reject } from './reject.js'
import { takesRejects } from './reject-sinks.js'
import { saveRejects } from './rejects.js'
import type { RunnerContext } from './runnable.js'
import type { Sink, SinkWriter } from './sink.js'
import type { Source } from './source.js'
import { type Checkpoint, groupOf, type Split } from './split.js'
import type { SplitState } from './split-state.js'
import type { Step } from './steps/step.js'
import { emptyTally, tallyBatch } from './tally.js'
import { orAborted } from './wait.js'

/** What a split runs through. */
export interface SplitEnds {
  readonly source: Source<unknown>
  readonly steps: readonly Step[]
  readonly sink: Sink<unknown>
}

/** At most this many progress events per split and second. */
const progressPerSecond = 2

/** One attempt's way through its batches: where it stands, what it has counted, what is acknowledged. */
export interface SplitRun {
  readonly ctx: SplitContext & RunnerContext
  readonly readFrom: Checkpoint['cursor'] | undefined
  take(batch: SourceBatch<unknown>): Promise<void>
  flushIfDue(): Promise<void>
  flush(): Promise<void>
  commit(): Promise<void>
  retried(): void
  /** A write is under way or ended in an error: the writer may hold half a batch. */
  readonly midWrite: boolean
}

/** Begins an attempt's way at a checkpoint, or at the split's start. */
export function splitRun(
  ends: SplitEnds,
  split: Split,
  state: SplitState,
  writer: SinkWriter<unknown>,
  resume: Checkpoint | undefined,
  ctx: SplitContext & RunnerContext,
): SplitRun {
  const { sink, source, steps } = ends
  const loadKey = loadKeyOf(ctx.load.loadId)
  const group = groupOf(split)
  const keepsOutside = sink.capabilities.durableAt === 'flush'
  // A transactional sink's cursor is the truth even where the source cannot seek: batches it has are read and passed over.
  const seeks = source.capabilities.resumable
  let toSkip = seeks ? 0 : (resume?.batchNo ?? 0)
  let cursor = seeks ? resume?.cursor : undefined
  let batchNo = seeks ? (resume?.batchNo ?? 0) : 0
  let tally: Tally = resume ? state.doc.tally : emptyTally
  let retries = 0
  let unflushed = 0
  let midWrite = false
  let uncopied = 0
  let whyUncopied = ''
  let flushedAtMs = ctx.clock.now()
  // What an attempt before this one could not keep in its time may fit in smaller pieces: the first batch is kept at once.
  let flushesFirst = ctx.load.attempt > 1 && ctx.deadlineAtMs !== undefined
  let progressAtMs = 0
  // The tally as it was after each batch that is not acknowledged yet: what is saved must fit the checkpoint it is saved with.
  const tallies = new Map<number, Tally>()

  const progress = (force: boolean) => {
    const nowMs = ctx.clock.now()
    if (!force && nowMs - progressAtMs < 1000 / progressPerSecond) return
    progressAtMs = nowMs
    ctx.emit({ type: 'split.progress', split: split.id, group, counts: withRetries(tally, retries).counts })
  }

  return {
    ctx,
    readFrom: cursor,
    get midWrite() {
      return midWrite
    },
    retried() {
      retries++
      progress(true)
    },
    async take(batch) {
      const before = cursor
      cursor = batch.cursor
      batchNo++
      if (toSkip > 0) {
        toSkip--
        return
      }
      refuseNoBatch(batch, source.name)
      const stepped = await applySteps(steps, batch, batchNo, ctx)
      const { rejects, written } = await writeBatch(stepped, { before, cursor: batch.cursor, batchNo })
      if (rejects.length > 0) await saveRejects(ctx.state, loadKey, split, batchNo, ctx.groupParamsKey, rejects)
      if ('release' in batch.records) batch.records.release?.()
      const { bytes = 0, counts: named } = batch
      const counts = { read: stepped.read, written, dropped: stepped.dropped, bytes, ...(named && { source: named }) }
      tally = tallyBatch(tally, counts, rejects)
      if (batch.bookmark !== undefined) tally = { ...tally, bookmark: batch.bookmark }
      if (keepsOutside) tallies.set(batchNo, tally)
      unflushed++
      progress(false)
      refuseTooMany(tally, ctx, split.id, false)
    },
    async flushIfDue() {
      const { batches, intervalMs } = ctx.settings.flushEvery
      if (flushesFirst || unflushed >= batches || ctx.clock.now() - flushedAtMs >= intervalMs) await this.flush()
    },
    async flush() {
      unflushed = 0
      flushesFirst = false
      flushedAtMs = ctx.clock.now()
      const checkpoint = await orAborted(writer.flush(), ctx.hardSignal)
      if (checkpoint === undefined || !keepsOutside || checkpoint.batchNo === state.doc.checkpoint?.batchNo) return
      const at = tallies.get(checkpoint.batchNo) ?? tally
      await state.save({ checkpoint, tally: withRetries(at, retries) })
      for (const known of tallies.keys()) if (known <= checkpoint.batchNo) tallies.delete(known)
      ctx.emit({ type: 'split.saved', split: split.id, group, batchNo: checkpoint.batchNo })
    },
    async commit() {
      refuseTooMany(tally, ctx, split.id, true)
      const receipt = await orAborted(writer.commit(), ctx.hardSignal)
      if (uncopied > 0) ctx.notes.push(uncopiedNote(split.id, uncopied, whyUncopied))
      const uncounted = batchNo - tally.counts.batches
      const whole = uncounted > 0 ? { ...tally, uncounted } : tally
      await state.save({ tally: withRetries(whole, retries), receipt: { value: receipt } })
      progress(true)
    },
  }

  async function writeBatch(
    stepped: SteppedBatch,
    at: { readonly before: Checkpoint['cursor'] | undefined; readonly cursor: Checkpoint['cursor']; readonly batchNo: number },
  ): Promise<{ readonly rejects: readonly Reject[]; readonly written: number }> {
    midWrite = true
    const outgoing: Batch<unknown> = {
      id: hashOf([ctx.pipeline, ctx.load.loadId, ctx.bornEpoch, split.id, at.batchNo, at.before ?? null]),
      checkpoint: { cursor: at.cursor, batchNo: at.batchNo },
      rows: stepped.rows,
      rawOf: row => toJson(stepped.sourceAt(stepped.originOf(row))),
      originOf: stepped.originOf,
    }
    const result = await orAborted(writer.write(outgoing), ctx.hardSignal)
    const refused = result.rejected ?? []
    const rejects = refused.length === 0 ? stepped.rejects : [...stepped.rejects, ...stepped.rejectRows(refused)]
    const left = takesRejects(writer) ? await orAborted(writer.takeRejects(outgoing, rejects), ctx.hardSignal) : []
    uncopied += left.length
    whyUncopied ||= left[0]?.error.message ?? ''
    midWrite = false
    return { rejects, written: stepped.rows.length - refused.length }
  }
}

/** The types say what a source yields; a source written in JavaScript is told here. */
function refuseNoBatch(batch: SourceBatch<unknown>, source: string): void {
  const { records } = batch
  if (Array.isArray(records) || typeof (records as { toArray?: unknown } | undefined)?.toArray === 'function') return
  throw new ConfigError(
    'ETL_BATCH_INVALID',
    `Source "${source}" handed over something that is no batch. Yield { records: [...], cursor }.`,
  )
}

function uncopiedNote(split: string, count: number, why: string): string {
  const what = count === 1 ? '1 reject' : `${count} rejects`
  return `${what} of split ${split} could not be copied to where their step sends them (${why}). The reject store has them.`
}

function withRetries(tally: Tally, retries: number): Tally {
  return retries === 0 ? tally : { ...tally, counts: { ...tally.counts, retries: tally.counts.retries + retries } }
}
