import { type AttemptOutcome, attemptSplit } from './attempt-split.js'
import { type ErrorJson, type EtlError, errorJson, isEtlError, retryOf } from './errors.js'
import { loadKeyOf } from './load-state.js'
import { dropRejectsAfter } from './rejects.js'
import { noCounts, type SplitReport } from './report.js'
import { backoffMs } from './retry.js'
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
    const shown = error === undefined || isErrorJson(error) ? error : errorJson(error)
    const counts = state?.doc.tally.counts ?? noCounts
    const made: SplitReport = {
      split: split.id,
      group,
      status,
      counts: { ...counts, retries: counts.retries + retries },
      attempts,
      durationMs: ctx.clock.now() - startedAtMs,
      ...(shown === undefined ? {} : { error: shown }),
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
      const unsaved = await readAgain(state, split, ctx, error).catch(second => ({ second }))
      if (unsaved) return report('failed', unsaved.second)
    } else if (retryOf(error) === 'later' && attempts < ctx.settings.retry.attempts) {
      retries++
      const waitMs = waitBefore(attempts, (error as EtlError).retryAfterMs, ctx)
      ctx.emit({ type: 'split.retry', split: split.id, group, waitMs, error: errorJson(error) })
      await delay(waitMs, ctx.signal, ctx.clock)
    } else {
      const last = errorJson(error)
      const final: ErrorJson = last.retry === 'later' ? { ...last, retry: 'exhausted' } : last
      await rememberFailure(state, final)
      return report('failed', final)
    }
    const ended = stopped()
    if (ended) return ended
  }
}

const isErrorJson = (error: unknown): error is ErrorJson =>
  !(error instanceof Error) && !isEtlError(error) && (error as ErrorJson).code !== undefined

/** Drops the split's unpublished work: what was read no longer belongs to what will be read. */
async function readAgain(state: SplitState, split: Split, ctx: RunnerContext, error: EtlError): Promise<void> {
  ctx.emit({ type: 'split.retry', split: split.id, group: groupOf(split), waitMs: 0, error: errorJson(error) })
  await state.save({ tally: emptyTally })
  await dropRejectsAfter(ctx.state, loadKeyOf(ctx.load.loadId), split, 0)
}

/** A failed split's error goes into its document, so that `finish`, here or in another process, can say it. */
async function rememberFailure(state: SplitState | undefined, error: ErrorJson): Promise<void> {
  if (!state) return
  const { format: _format, epoch: _epoch, ...doc } = state.doc
  // If even this cannot be saved, the report still has the error; the split then counts as not begun.
  await state.save({ ...doc, error }).catch(() => undefined)
}

/** At least as long as the other side asked for. */
export function waitBefore(attempts: number, retryAfterMs: number | undefined, ctx: RunnerContext): number {
  return Math.max(retryAfterMs ?? 0, backoffMs(attempts, ctx.settings.retry))
}
