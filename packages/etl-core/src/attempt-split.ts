import type { SourceBatch } from './batch.js'
import { EtlError, errorJson, isStopError } from './errors.js'
import type { SplitContext } from './load.js'
import { loadKeyOf } from './load-state.js'
import { dropRejectsAfter } from './rejects.js'
import type { RunnerContext } from './runnable.js'
import type { SinkWriter } from './sink.js'
import { type Checkpoint, groupOf, type Split } from './split.js'
import { type SplitEnds, type SplitRun, splitRun } from './split-run.js'
import type { SplitState } from './split-state.js'
import { orAborted, orStopped } from './wait.js'

/** How one attempt ended. */
export type AttemptOutcome = { readonly status: 'committed' | 'stopped' } | { readonly status: 'failed'; readonly error: unknown }

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
    progress: { retried: () => retried() },
  })
  // A sink may report retries while it opens, before there is a run to count them.
  let early = 0
  let retried = () => {
    early++
  }
  const writer = await opened(sink.open(splitCtx([ctx.hardSignal, attempt.signal], saved)), ctx)
  if (writer === 'stopped') return { status: 'stopped' }
  const { resumable, rereads } = source.capabilities
  // A source that cannot seek is read again from its start; what the sink has of it is passed over only if the same comes again.
  const goesOn = resumable || rereads === 'same'
  const resume = sink.capabilities.cursor !== 'inTransaction' ? saved : goesOn ? writer.resumeFrom : undefined
  const run = splitRun(ends, split, state, writer, resume, splitCtx([ctx.signal, attempt.signal], resume))
  retried = run.retried
  for (; early > 0; early--) run.retried()
  ctx.emit({
    type: 'split.started',
    split: split.id,
    group: groupOf(split),
    attempt: attemptNo,
    resumedAtBatch: resume?.batchNo ?? 0,
  })

  let reading: AsyncIterator<SourceBatch<unknown>> | undefined
  try {
    await dropRejectsAfter(ctx.state, loadKeyOf(ctx.load.loadId), split, resume?.batchNo ?? 0)
    reading = source.read(split, run.readFrom, run.ctx)[Symbol.asyncIterator]()
    if ((await pump(reading, run, ctx)) === 'stopped') {
      await run.flush()
      await orAborted(writer.suspend(), ctx.hardSignal)
      return { status: 'stopped' }
    }
    await run.commit()
    return { status: 'committed' }
  } catch (error) {
    const stopping = ctx.signal.aborted && isStopping(error, run.ctx.signal)
    await (stopping && !run.midWrite ? keepWritten(run, writer, ctx) : abortWriter(writer, error, ctx))
    return stopping ? { status: 'stopped' } : { status: 'failed', error }
  } finally {
    // Ends requests that were read ahead. `return` waits for them, so the signal comes first.
    attempt.abort(new EtlError('ETL_ATTEMPT_OVER', 'This attempt at the split is over.'))
    void Promise.resolve(reading?.return?.()).catch(() => undefined)
  }
}

/** A writer that is not there in time is let go when it is. */
async function opened(opening: Promise<SinkWriter<unknown>>, ctx: RunnerContext): Promise<SinkWriter<unknown> | 'stopped'> {
  try {
    return await orAborted(opening, ctx.hardSignal)
  } catch (error) {
    if (!ctx.hardSignal.aborted) throw error
    void opening.then(late => late.abort(error)).catch(() => undefined)
    if (isStopping(error, ctx.hardSignal)) return 'stopped'
    throw error
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
    await orAborted(run.take(item.value), ctx.hardSignal)
    await run.flushIfDue()
    ctx.observeMs(ctx.clock.now() - startedAtMs)
  }
}

/** True for the errors that a stop itself causes: ours, or whatever a client throws when its request is aborted. */
function isStopping(error: unknown, signal: AbortSignal): boolean {
  if (isStopError(error) || error === signal.reason) return true
  return error instanceof Error && (error.name === 'AbortError' || isStopping(error.cause ?? null, signal))
}

/** The batch that was cut off in a step is lost, those before it may still be kept. */
async function keepWritten(run: SplitRun, writer: SinkWriter<unknown>, ctx: RunnerContext): Promise<void> {
  await run.flush().catch(() => undefined)
  await orAborted(writer.suspend(), ctx.hardSignal).catch(() => undefined)
}

async function abortWriter(writer: SinkWriter<unknown>, error: unknown, ctx: RunnerContext): Promise<void> {
  try {
    await orAborted(writer.abort(error), ctx.hardSignal)
  } catch (second) {
    ctx.log.warn('The writer could not be aborted cleanly.', { error: errorJson(second) })
  }
}
