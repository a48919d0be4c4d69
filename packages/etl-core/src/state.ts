import type { Access } from './access.js'
import { StateError } from './errors.js'
import type { Json } from './json.js'

/** A document and the version it was read at. Versions are opaque. */
export interface StateDocument {
  readonly value: Json
  readonly version: string
}

/**
 * Small documents under compare-and-set. Keys are `/`-separated, each segment `[A-Za-z0-9._-]{1,160}` and neither `.` nor `..`; case counts.
 * Every implementation passes `describeStateStore`.
 */
export interface StateStore {
  load(key: string): Promise<StateDocument | undefined>
  /**
   * Saves if the document is still at `expected` (`'absent'`: if there is none), and returns the new version. Durable when it returns.
   * @throws StateError `ETL_STATE_CONFLICT` if it is not: one of two writers wins, the other is told. `ETL_STATE_UNAVAILABLE` (later).
   */
  save(key: string, value: Json, expected: string | 'absent'): Promise<string>
  /** Removes if still at `expected`; removing what is gone is `ETL_STATE_CONFLICT`. */
  remove(key: string, expected: string): Promise<void>
  /** All keys that begin with `prefix`, in ascending order of their characters; also of documents that cannot be read. */
  list(prefix: string): AsyncIterable<string>
  /**
   * Removes what of a document is damaged (`ETL_STATE_CORRUPT`): what was saved before it counts, or the document is gone. A document that
   * can be read is left alone. Absent where nothing can be damaged.
   * @returns Whether anything was removed.
   */
  repair?(key: string): Promise<boolean>
  /** What it takes to keep state here, for whoever grants it. Pure. Absent: it does not say, or the `StateHome` that it is of does. */
  access?(): readonly Access[]
}

/** The error every store throws when compare-and-set fails. */
export function stateConflict(key: string, expected: string, found: string | undefined): StateError {
  return new StateError(
    'ETL_STATE_CONFLICT',
    `State "${key}" was changed by another run (expected version ${expected}, found ${found ?? 'none'}).`,
    { context: { key, expected, found: found ?? null } },
  )
}

/** How reports name state that dies with the process. */
export const memoryPlace = 'memory'

/** State in this process's memory: for tests, and for runs that need not go on later. */
export function memoryState(): StateStore {
  const documents = new Map<string, { text: string; version: string }>()
  let counter = 0
  const expect = (key: string, expected: string) => {
    const found = documents.get(key)?.version
    if ((found ?? 'absent') !== expected) throw stateConflict(key, expected, found)
  }
  return {
    async load(key) {
      const found = documents.get(key)
      return found && { value: JSON.parse(found.text) as Json, version: found.version }
    },
    async save(key, value, expected) {
      expect(key, expected)
      const version = String(++counter)
      documents.set(key, { text: JSON.stringify(value), version })
      return version
    },
    async remove(key, expected) {
      expect(key, expected)
      if (!documents.delete(key)) throw stateConflict(key, expected, undefined)
    },
    async *list(prefix) {
      for (const key of [...documents.keys()].sort()) if (key.startsWith(prefix)) yield key
    },
  }
}
