import { isEtlError, type Json, type StateStore, stateConflict } from '@millrace/etl-core'
import type { ObjectStore } from '../store.js'
import {
  checkStateKey,
  folderOf,
  freshNonce,
  holdsValue,
  isDamaged,
  mayBeRemoval,
  readStored,
  type Stored,
  storedText,
  withStateErrors,
} from './documents.js'

/** Older versions that are left: a slow reader finds what it saw listed, and a slow writer what it replaced. */
const keepOlder = 3

/** One version of a document. */
interface Version {
  readonly number: number
  readonly stored: Stored
}

/**
 * State as numbered versions `<prefix>/<key>/<8 digits or more>.json`, each made by a create-only put: atomic on every store, no lock file.
 * The highest number counts; versions more than three behind it are removed.
 *
 * Of two writers that replace one version, both want the next number and one gets it. A writer that slept for so long that its number was
 * free again (the versions between were removed) sees that when it looks once more after its put; it then takes its version back and is
 * told of the conflict. Removing writes a version that says so, then removes all, that one last.
 *
 * @throws StateError `ETL_STATE_CONFLICT`, `ETL_STATE_CORRUPT` (a version that cannot be read, named), `ETL_STATE_DENIED`,
 * `ETL_STATE_NOT_FOUND` (no such bucket), `ETL_STATE_UNAVAILABLE` (later, also when the place is full). ConfigError `ETL_STATE_KEY`.
 */
export function versionedState(store: ObjectStore, prefix: string): StateStore {
  const base = folderOf(prefix)
  const pathOf = (key: string, number: number) => `${base}${key}/${String(number).padStart(8, '0')}.json`

  const numbersOf = async (key: string): Promise<number[]> => {
    const numbers: number[] = []
    for await (const info of store.list(`${base}${key}/`)) {
      const found = versionPath(info.key.slice(base.length))
      if (found?.key === key) numbers.push(found.number)
    }
    return numbers.sort((a, b) => a - b)
  }

  const newest = async (key: string): Promise<Version | undefined> => {
    for (;;) {
      const number = (await numbersOf(key)).at(-1)
      if (number === undefined) return undefined
      const stored = await readStored(store, pathOf(key, number))
      // Gone between the two: newer versions were saved, or all were removed.
      if (stored) return { number, stored }
    }
  }

  /** Puts the version after `before`, or throws a conflict. */
  const advance = async (
    key: string,
    value: Json | undefined,
    expected: string,
  ): Promise<Version & { readonly older: readonly number[] }> => {
    const before = await newest(key)
    const found = before && tokenOf(before)
    if ((found ?? 'absent') !== expected) throw stateConflict(key, expected, found)
    const after = before ? rawTokenOf(before) : 'absent'
    const number = (before?.number ?? 0) + 1
    const stored: Stored = { nonce: freshNonce(), after, value }
    try {
      await store.put(pathOf(key, number), storedText(stored), { condition: 'absent', contentType: 'application/json' })
    } catch (error) {
      if (!isEtlError(error, 'ETL_OBJECT_CONFLICT')) throw error
      // A client that lost an answer asks again and is refused because of itself.
      const ours = (await readStored(store, pathOf(key, number)))?.nonce === stored.nonce
      if (!ours) throw stateConflict(key, expected, await foundNow(key))
    }
    const made = { number, stored }
    const numbers = await numbersOf(key)
    if (await stands(key, made, before, numbers)) return { ...made, older: numbers.filter(each => each < number) }
    await store.delete([pathOf(key, number)])
    throw stateConflict(key, expected, await foundNow(key))
  }

  /**
   * Whether a version that was just put follows the one it replaces. If that one is gone and nobody followed ours, the number was free
   * because later versions had come and gone. (A removal that is gone is what removals come to.)
   */
  const stands = async (
    key: string,
    made: Version,
    before: Version | undefined,
    numbers: readonly number[],
  ): Promise<boolean> => {
    if (!numbers.includes(made.number)) return false
    if (numbers.at(-1) === made.number) return before?.stored.value === undefined || numbers.includes(before.number)
    const next = await readStored(store, pathOf(key, made.number + 1))
    return next?.after === rawTokenOf(made)
  }

  const foundNow = async (key: string): Promise<string | undefined> => {
    const now = await newest(key)
    return now && tokenOf(now)
  }

  /** One by one and from below: a writer that looks meanwhile must not find its number free and what it replaces still there. */
  const removeVersions = async (key: string, numbers: readonly number[]): Promise<void> => {
    for (const number of numbers) await store.delete([pathOf(key, number)])
  }

  return withStateErrors({
    async load(key) {
      checkStateKey(key)
      const found = await newest(key)
      const value = found?.stored.value
      return found === undefined || value === undefined ? undefined : { value, version: rawTokenOf(found) }
    },
    async save(key, value, expected) {
      checkStateKey(key)
      const made = await advance(key, value, expected)
      await removeVersions(key, made.older.slice(0, -keepOlder))
      return rawTokenOf(made)
    },
    async remove(key, expected) {
      checkStateKey(key)
      if (expected === 'absent') throw stateConflict(key, expected, await foundNow(key))
      const removal = await advance(key, undefined, expected)
      await removeVersions(key, [...removal.older, removal.number])
    },
    async repair(key) {
      checkStateKey(key)
      for (let repaired = false; ; repaired = true) {
        const number = (await numbersOf(key)).at(-1)
        if (number === undefined || !(await isDamaged(store, pathOf(key, number)))) return repaired
        await store.delete([pathOf(key, number)])
      }
    },
    async *list(wanted) {
      const last = new Map<string, { number: number; bytes: number }>()
      for await (const info of store.list(`${base}${wanted}`)) {
        const found = versionPath(info.key.slice(base.length))
        if (found?.key.startsWith(wanted) && found.number > (last.get(found.key)?.number ?? -1))
          last.set(found.key, { number: found.number, bytes: info.bytes })
      }
      for (const key of [...last.keys()].sort()) {
        // Only what has the size of a removal is opened.
        if (!mayBeRemoval(last.get(key)?.bytes ?? 0) || (await holdsValue(newest(key).then(found => found?.stored)))) yield key
      }
    },
  })
}

/** The version a caller sees: none for a removed document. */
const tokenOf = (version: Version): string | undefined => (version.stored.value === undefined ? undefined : rawTokenOf(version))

const rawTokenOf = ({ number, stored }: Version): string => `${number}-${stored.nonce}`

function versionPath(path: string): { readonly key: string; readonly number: number } | undefined {
  const found = /^(.+)\/(\d{8,})\.json$/.exec(path)
  return found ? { key: found[1] as string, number: Number(found[2]) } : undefined
}
