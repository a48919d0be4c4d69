import { isEtlError } from './errors.js'
import type { Lease } from './lease.js'
import type { StateStore } from './state.js'

/**
 * State as a run that owns it writes it. Before each write it is made sure that the run still is the owner; the version a write expects was
 * read before that. So a run that slept through its lease changes nothing that another one has written or relies on, whenever it wakes:
 * either it is told at once, or the version it expects is gone. Rejects, documents of loads and what is to follow them, created after another
 * one has taken over, it takes back: nobody would remove them. Whoever goes on from such a document saves it again first.
 */
export function fencedState(state: StateStore, lease: Lease): StateStore {
  return {
    load: key => state.load(key),
    list: prefix => state.list(prefix),
    async save(key, value, expected) {
      await lease.assertHeld()
      const version = await state.save(key, value, expected)
      if (expected === 'absent' && /^(rejects|unpublished|loads|next)\//.test(key)) await created(key, version)
      return version
    },
    async remove(key, expected) {
      await lease.assertHeld()
      return state.remove(key, expected)
    },
  }

  /** Where nothing was there, no version tells. */
  async function created(key: string, version: string): Promise<void> {
    try {
      await lease.assertHeld()
    } catch (error) {
      if (isEtlError(error, 'ETL_STATE_CONFLICT')) await state.remove(key, version).catch(() => undefined)
      throw error
    }
  }
}
