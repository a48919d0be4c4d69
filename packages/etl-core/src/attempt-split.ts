import { applySteps, type SteppedBatch } from './apply-steps.js'
import { rowsOf, type SourceBatch } from './batch.js'
import { EtlError, errorJson, isStopError } from './errors.js'
import { hashOf, toJson } from './json.js'
import type { SplitContext } from './load.js'
import type { Tally } from './load-state.js'
import { loadKeyOf } from './load-state.js'
import { issueOf, type Reject } from './reject.js'
import { dropRejectsAfter, saveRejects } from './rejects.js'
import type { RunnerContext } from './runnable.js'
import type { Sink, SinkWriter } from './sink.js'
import type { Source } from './source.js'
import { type Checkpoint, groupOf, type Split } from './split.js'
import type { SplitState } from './split-state.js'
import type { Step } from './steps/step.js'
import { emptyTally, tallyBatch } from './tally.js'
import { orStopped } from './wait.js'

/** What a split runs through. */
export interface SplitEnds {
  readonly source: Source<unknown>
  readonly steps: readonly Step[]
  readonly sink: Sink<unknown>
}

/** How one attempt ended. */
export type AttemptOutcome = { readonly status: 'committed' | 'stopped' } | { readonly status: 'failed'; readonly error: unknown }

/** At most this many progress events per split and second. */
const progressPerSecond = 2
/** From this many records on a share of rejects says something. */
export const leastForShare = 1_000

/**
 * One attempt at a split: from the checkpoint to the commit, or to a stop, or to an error.
 *
 * Per batch: steps, sink, rejects durable; at a flush: the sink's acknowledgement, then the checkpoint it named is saved, never a later
 * one. One batch is read ahead of the one being written.
 */
export async function attemptSplit(
  ends: SplitEnds,
  split: Split,
  state: SplitState,
  attemptNo: number,
  ctx: RunnerContext,
): Promise<AttemptOutcome> {
  const { source, sink } = ends
  const attempt = new AbortController()
  const saved = source.capabilities.resumable && sink.capabilities.durableAt === 'flush' ? state.doc.checkpoint : undefined
  const splitCtx = (signals: AbortSignal[], resume: Checkpoint | undefined): SplitContext & RunnerContext => ({
    ...ctx,
    signal: AbortSignal.any(signals),
    split,
    ...(resume === undefined ? {} : { resume }),
    progress: { retried: () => run.retried() },
  })
  const writer = await sink.open(splitCtx([ctx.hardSignal, attempt.signal], saved))
  const resume = sink.capabilities.cursor === 'inTransaction' ? writer.resumeFrom : saved
  const run = splitRun(ends, split, state, writer, resume, splitCtx([ctx.signal, attempt.signal], resume))
  ctx.emit({
    type: 'split.started',
    split: split.id,
    group: groupOf(split),
    attempt: attemptNo,
    resumedAtBatch: resume?.batchNo ?? 0,
  })

  let reading: AsyncIterator<SourceBatch<unknown>> | undefined
  try {
    await dropRejectsAfter(ctx.state, loadKeyOf(ctx.load.loadId), split.id, resume?.batchNo ?? 0)
    reading = source.read(split, run.readFrom, run.ctx)[Symbol.asyncIterator]()
    if ((await pump(reading, run, ctx)) === 'stopped') {
      await run.flush()
      await writer.suspend()
      return { status: 'stopped' }
    }
    await run.commit()
    return { status: 'committed' }
  } catch (error) {
    const stopping = ctx.signal.aborted && isStopping(error, run.ctx.signal)
    await (stopping && !run.midWrite ? keepWritten(run, writer) : abortWriter(writer, error, ctx))
    return stopping ? { status: 'stopped' } : { status: 'failed', error }
  } finally {
    // Ends requests that were read ahead. `return` waits for them, so the signal comes first.
    attempt.abort(new EtlError('ETL_ATTEMPT_OVER', 'This attempt at the split is over.'))
    void Promise.resolve(reading?.return?.()).catch(() => undefined)
  }
}

/** Pulls batches through, one read ahead, until the source ends or the run must stop. */
async function pump(
  reading: AsyncIterator<SourceBatch<unknown>>,
  run: SplitRun,
  ctx: RunnerContext,
): Promise<'ended' | 'stopped'> {
  let next = reading.next()
  for (;;) {
    const item = await orStopped(next, ctx.signal)
    if (item === 'stopped') return 'stopped'
    if (item.done) return 'ended'
    next = reading.next()
    // Looked at again when its turn comes; until then a rejection must not count as unhandled.
    next.catch(() => undefined)
    const startedAtMs = ctx.clock.now()
    await run.take(item.value)
    await run.flushIfDue()
    ctx.observeMs(ctx.clock.now() - startedAtMs)
  }
}

interface SplitRun {
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

function splitRun(
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
  let flushedAtMs = ctx.clock.now()
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
      const stepped = await applySteps(steps, batch, batchNo, ctx)
      const rejects = await writeBatch(stepped, { before, cursor: batch.cursor, batchNo })
      if (rejects.length > 0) await saveRejects(ctx.state, loadKey, split.id, batchNo, rejects)
      const written = stepped.rows.length - (rejects.length - stepped.rejects.length)
      tally = tallyBatch(tally, { read: stepped.read, written, dropped: stepped.dropped, bytes: batch.bytes ?? 0 }, rejects)
      tallies.set(batchNo, tally)
      unflushed++
      progress(false)
      refuseTooMany(tally, ctx, split.id, false)
    },
    async flushIfDue() {
      const { batches, intervalMs } = ctx.settings.flushEvery
      if (unflushed >= batches || ctx.clock.now() - flushedAtMs >= intervalMs) await this.flush()
    },
    async flush() {
      unflushed = 0
      flushedAtMs = ctx.clock.now()
      const checkpoint = await writer.flush()
      if (checkpoint === undefined || !keepsOutside || checkpoint.batchNo === state.doc.checkpoint?.batchNo) return
      const at = tallies.get(checkpoint.batchNo) ?? tally
      await state.save({ checkpoint, tally: withRetries(at, retries) })
      for (const known of tallies.keys()) if (known <= checkpoint.batchNo) tallies.delete(known)
      ctx.emit({ type: 'split.saved', split: split.id, group, batchNo: checkpoint.batchNo })
    },
    async commit() {
      refuseTooMany(tally, ctx, split.id, true)
      const receipt = await writer.commit()
      await state.save({ tally: withRetries(tally, retries), receipt: { value: receipt } })
      progress(true)
    },
  }

  async function writeBatch(
    stepped: SteppedBatch,
    at: { readonly before: Checkpoint['cursor'] | undefined; readonly cursor: Checkpoint['cursor']; readonly batchNo: number },
  ): Promise<readonly Reject[]> {
    midWrite = true
    const result = await writer.write({
      id: hashOf([ctx.pipeline, ctx.load.loadId, split.id, at.before ?? null]),
      checkpoint: { cursor: at.cursor, batchNo: at.batchNo },
      rows: rowsOf(stepped.rows),
      rawOf: row => toJson(stepped.source[stepped.origin[row] as number]),
    })
    midWrite = false
    const refused = (result.rejected ?? []).map(({ row, error }) => stepped.rejectRow(row, issueOf(error)))
    return refused.length === 0 ? stepped.rejects : [...stepped.rejects, ...refused]
  }
}

function withRetries(tally: Tally, retries: number): Tally {
  return retries === 0 ? tally : { ...tally, counts: { ...tally.counts, retries: tally.counts.retries + retries } }
}

/** Judges `maxRejects`: a count while reading, a share at the split's end. */
function refuseTooMany(tally: Tally, ctx: RunnerContext, split: string, atEnd: boolean): void {
  const limit = ctx.settings.maxRejects
  if (limit === undefined) return
  const { rejected, read } = tally.counts
  const over = typeof limit === 'number' ? rejected > limit : atEnd && read >= leastForShare && rejected > limit.share * read
  if (over) throw tooManyRejects(`Split "${split}"`, tally, limit)
}

/** The error of a split or load with more rejects than `maxRejects` allows. */
export function tooManyRejects(what: string, tally: Tally, limit: number | { readonly share: number }): EtlError {
  const allowed = typeof limit === 'number' ? `${limit}` : `${limit.share * 100} %`
  const [reason] = Object.entries(tally.byReason).sort((a, b) => b[1] - a[1])[0] ?? ['']
  return new EtlError(
    'ETL_REJECTS_TOO_MANY',
    `${what} has ${tally.counts.rejected} rejects in ${tally.counts.read} records, and ${allowed} are allowed. Most often: ${reason}.`,
    { context: { rejected: tally.counts.rejected, read: tally.counts.read } },
  )
}

/** True for the errors that a stop itself causes: ours, or whatever a client throws when its request is aborted. */
function isStopping(error: unknown, signal: AbortSignal): boolean {
  if (isStopError(error) || error === signal.reason) return true
  return error instanceof Error && (error.name === 'AbortError' || isStopping(error.cause ?? null, signal))
}

/** The batch that was cut off in a step is lost, those before it may still be kept. */
async function keepWritten(run: SplitRun, writer: SinkWriter<unknown>): Promise<void> {
  await run.flush().catch(() => undefined)
  await writer.suspend().catch(() => undefined)
}

async function abortWriter(writer: SinkWriter<unknown>, error: unknown, ctx: RunnerContext): Promise<void> {
  try {
    await writer.abort(error)
  } catch (second) {
    ctx.log.warn('The writer could not be aborted cleanly.', { error: errorJson(second) })
  }
}
