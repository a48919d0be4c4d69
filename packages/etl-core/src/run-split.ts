import { type AttemptOutcome, attemptSplit } from './attempt-split.js'
import { type EtlError, errorJson, isEtlError, retryOf } from './errors.js'
import { loadKeyOf } from './load-state.js'
import { dropRejectsAfter } from './rejects.js'
import { noCounts, type SplitReport } from './report.js'
import type { RunnerContext } from './runnable.js'
import { groupOf, type Split } from './split.js'
import type { SplitEnds } from './split-run.js'
import { type SplitState, takeSplit } from './split-state.js'
import { emptyTally } from './tally.js'
import { delay } from './wait.js'

/** How often a split is read again because its source changed under it. */
const maxRereads = 3

/**
 * Runs one split to its commit. A retry is a new attempt: the writer is aborted, the source opened again at the last checkpoint the sink
 * acknowledged. Failed and stopped splits are reports, not exceptions.
 */
export async function runSplit(ends: SplitEnds, split: Split, ctx: RunnerContext): Promise<SplitReport> {
  const startedAtMs = ctx.clock.now()
  const group = groupOf(split)
  let state: SplitState | undefined
  let attempts = 0
  let rereads = 0
  let retries = 0

  const report = (status: SplitReport['status'], error?: unknown): SplitReport => {
    const counts = state?.doc.tally.counts ?? noCounts
    const made: SplitReport = {
      split: split.id,
      group,
      status,
      counts: { ...counts, retries: counts.retries + retries },
      attempts,
      durationMs: ctx.clock.now() - startedAtMs,
      ...(error === undefined ? {} : { error: errorJson(error) }),
    }
    ctx.emit({ type: 'split.finished', split: split.id, group, report: made })
    return made
  }

  for (;;) {
    attempts++
    let outcome: AttemptOutcome
    try {
      state = await takeSplit(ctx, loadKeyOf(ctx.load.loadId), split.id)
      outcome = state.doc.receipt ? { status: 'committed' } : await attemptSplit(ends, split, state, attempts, ctx)
    } catch (error) {
      outcome = { status: 'failed', error }
    }
    if (outcome.status !== 'failed') return report(outcome.status)
    const { error } = outcome
    const stopped = () => (ctx.signal.aborted ? report('stopped') : undefined)
    if (isEtlError(error, 'ETL_STATE_CONFLICT')) return report('failed', error)
    if (isEtlError(error, 'ETL_SOURCE_CHANGED') && state && rereads < maxRereads) {
      rereads++
      await readAgain(state, split, ctx, error)
    } else if (retryOf(error) === 'later' && attempts < ctx.settings.retry.attempts) {
      retries++
      const waitMs = waitBefore(attempts, error as EtlError, ctx)
      ctx.emit({ type: 'split.retry', split: split.id, group, waitMs, error: errorJson(error) })
      await delay(waitMs, ctx.signal)
    } else {
      await rememberFailure(state, error)
      return report('failed', error)
    }
    const ended = stopped()
    if (ended) return ended
  }
}

/** Drops the split's unpublished work: what was read no longer belongs to what will be read. */
async function readAgain(state: SplitState, split: Split, ctx: RunnerContext, error: EtlError): Promise<void> {
  ctx.emit({ type: 'split.retry', split: split.id, group: groupOf(split), waitMs: 0, error: errorJson(error) })
  await state.save({ tally: emptyTally })
  await dropRejectsAfter(ctx.state, loadKeyOf(ctx.load.loadId), split.id, 0)
}

/** A failed split's error goes into its document, so that `finish`, here or in another process, can say it. */
async function rememberFailure(state: SplitState | undefined, error: unknown): Promise<void> {
  if (!state) return
  const { format: _format, epoch: _epoch, ...doc } = state.doc
  // If even this cannot be saved, the report still has the error; the split then counts as not begun.
  await state.save({ ...doc, error: errorJson(error) }).catch(() => undefined)
}

function waitBefore(attempts: number, error: EtlError, ctx: RunnerContext): number {
  const { firstMs, maxMs } = ctx.settings.retry
  const backoff = Math.min(maxMs, firstMs * 2 ** (attempts - 1))
  // Half fixed, half random: workers that failed together do not come back together.
  return Math.max(error.retryAfterMs ?? 0, Math.round(backoff / 2 + Math.random() * (backoff / 2)))
}
