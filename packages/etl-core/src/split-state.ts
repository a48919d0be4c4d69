import { isEtlError, StateError } from './errors.js'
import { loadDoc, type SplitDoc, saveDoc, splitKey } from './load-state.js'
import type { RunnerContext } from './runnable.js'
import type { StateStore } from './state.js'
import { emptyTally } from './tally.js'

/** A split's document, held by this run. */
export interface SplitState {
  readonly doc: SplitDoc
  /** Saves a new document; refused with `ETL_STATE_CONFLICT` if another run has taken the split since. */
  save(doc: Omit<SplitDoc, 'format' | 'epoch'>): Promise<void>
}

/**
 * Takes a split: its document is saved again with this run's epoch before anything is done, so that an earlier owner who still believes
 * to own it fails at its next write. A complete split is left as it is.
 *
 * @throws StateError `ETL_STATE_CONFLICT` if a later owner has it.
 */
export async function takeSplit(ctx: RunnerContext, loadKey: string, split: string): Promise<SplitState> {
  const key = splitKey(loadKey, split)
  for (;;) {
    const found = await loadDoc<SplitDoc>(ctx.state, key)
    const doc: SplitDoc = found.value ?? { format: 1, epoch: 0, tally: emptyTally }
    if (doc.epoch > ctx.load.epoch) throw succeeded(split, doc.epoch, ctx.load.epoch)
    if (doc.receipt) return heldSplit(ctx, key, doc, found.version)
    const { error: _cleared, ...rest } = doc
    const taken: SplitDoc = { ...rest, epoch: ctx.load.epoch }
    try {
      return heldSplit(ctx, key, taken, await saveDoc(ctx.state, key, taken, found.version))
    } catch (error) {
      // An earlier owner's last write came between: look again. A later owner shows in the epoch.
      if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
      // A run that was succeeded would look for ever.
      await ctx.lease.assertOwned()
    }
  }
}

function heldSplit(ctx: RunnerContext, key: string, first: SplitDoc, firstVersion: string): SplitState {
  let current = first
  let version = firstVersion
  return {
    get doc() {
      return current
    },
    async save(next) {
      const doc: SplitDoc = { format: 1, epoch: ctx.load.epoch, ...next }
      version = await saveDoc(ctx.state, key, doc, version)
      current = doc
    },
  }
}

/** Reads a split's document without taking it. */
export async function peekSplit(state: StateStore, loadKey: string, split: string): Promise<SplitDoc | undefined> {
  return (await loadDoc<SplitDoc>(state, splitKey(loadKey, split))).value
}

function succeeded(split: string, theirs: number, ours: number): StateError {
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Split "${split}" belongs to a later run now (epoch ${theirs}; this run has ${ours}).`,
    {
      context: { split, epoch: theirs },
    },
  )
}
