import { randomBytes } from 'node:crypto'
import { isEtlError, StateError } from './errors.js'
import type { Clock } from './load.js'
import { type HeadDoc, headKey, type LoadDoc, loadDoc, saveDoc, type Versioned } from './load-state.js'
import type { OwnerIdentity } from './owner.js'
import type { StateStore } from './state.js'
import { every } from './timer.js'

/** Ownership of a pipeline's state for one run: taken under compare-and-set, renewed while the run goes on, given back at its end. */
export interface Lease {
  readonly epoch: number
  /** Reads the head and throws `ETL_STATE_CONFLICT` if another run has taken over. Called before anything becomes visible. */
  assertOwned(): Promise<void>
  /** The same, but believes the lease as long as nobody can have taken over: it reads the head only in the lease's last third. */
  assertHeld(): Promise<void>
  /** Writes what the head says of the load. */
  setLoad(load: LoadDoc): Promise<void>
  /** Ends ownership; `load` is what stays unfinished. */
  release(load: LoadDoc | null): Promise<void>
  /** Ends ownership after an error: the load stays as the head has it, as far as it was closed. */
  giveBack(): Promise<void>
}

/** How a lease is kept. */
export interface LeaseOptions {
  readonly state: StateStore
  readonly clock: Clock
  readonly me: OwnerIdentity
  /** After it the process may be gone: the lease is never held beyond. */
  readonly deadlineAtMs?: number | undefined
  /** How long the lease holds without renewal, in milliseconds. Renewed every third of it. */
  readonly leaseMs: number
  /** Called once when another run has taken over. */
  onLost(error: unknown): void
}

/**
 * Takes ownership: saves a head with the next epoch over exactly the version that was read, so of two runs one wins.
 *
 * @throws StateError `ETL_STATE_CONFLICT` if the head changed since it was read.
 */
export async function takeLease(head: Versioned<HeadDoc>, load: LoadDoc | null, options: LeaseOptions): Promise<Lease> {
  const { state, clock, me } = options
  const epoch = (head.value?.epoch ?? 0) + 1
  const sinceMs = clock.now()
  const until = () => Math.min(clock.now() + options.leaseMs, options.deadlineAtMs ?? Number.POSITIVE_INFINITY)
  const token = randomBytes(8).toString('hex')
  const owner = () => ({ ...me, token, epoch, sinceMs, expiresAtMs: until() })
  let current: HeadDoc = { format: 1, epoch, owner: owner(), load }
  let version = await saveDoc(state, headKey, current, head.version).catch(async error => {
    const found = await loadDoc<HeadDoc>(state, headKey)
    const ours = found.value?.owner?.token === token
    if (ours && isEtlError(error, 'ETL_STATE_CONFLICT')) return found.version
    throw error
  })
  let heldUntilMs = current.owner?.expiresAtMs ?? 0
  let released = false
  // Saves go one after the other: a renewal must not collide with the run's own write.
  let last: Promise<unknown> = Promise.resolve()
  const save = (change: () => HeadDoc): Promise<void> => {
    const saving = last.then(async () => {
      if (released) return
      const next = change()
      version = await saveDoc(state, headKey, next, version).catch(async error => {
        if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
        // A write whose answer was lost is refused because of itself: the head is still ours, one version on.
        const found = await loadDoc<HeadDoc>(state, headKey)
        const head = found.value
        if (head?.epoch === epoch && head.owner === null && next.owner === null) return found.version
        if (head?.owner?.token !== token) throw taken(epoch, error)
        return saveDoc(state, headKey, next, found.version)
      })
      current = next
      heldUntilMs = next.owner?.expiresAtMs ?? 0
      if (next.owner === null) released = true
    })
    last = saving.catch(() => undefined)
    return saving
  }
  const stopRenewing = every(clock, Math.max(10, options.leaseMs / 3), () => {
    save(() => ({ ...current, owner: owner() })).catch(error => {
      // A store that is away for a moment is no loss of ownership: the next renewal tries again.
      if (!isEtlError(error, 'ETL_STATE_CONFLICT')) return
      stopRenewing()
      options.onLost(error)
    })
  })
  const assertOwned = async () => {
    const found = await loadDoc<HeadDoc>(state, headKey)
    if (found.value?.epoch !== epoch) throw taken(epoch)
  }
  return {
    epoch,
    assertOwned,
    async assertHeld() {
      // A third is left for clocks that differ.
      if (clock.now() >= heldUntilMs - options.leaseMs / 3) await assertOwned()
    },
    setLoad: next => save(() => ({ ...current, load: next })),
    async release(next) {
      stopRenewing()
      await save(() => ({ ...current, owner: null, load: next }))
    },
    async giveBack() {
      stopRenewing()
      await save(() => ({ ...current, owner: null }))
    },
  }
}

function taken(epoch: number, cause?: unknown): StateError {
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Another run has taken over (this one held epoch ${epoch}); this one ends without writing more.`,
    {
      context: { epoch },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
