import { setTimeout as sleep } from 'node:timers/promises'
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
  storedText,
  withStateErrors,
} from './documents.js'

/** How state is kept where the store compares and replaces. */
export interface ConditionalStateOptions {
  /**
   * Only for stores without `deleteIf`. A remover deletes its mark at once; a mark that stays this long was left by one that died. Default
   * 3,000 ms: longer than a remover is held up between two requests. One that was, for a third of it, leaves the mark: a saver may be about
   * to replace it. Less is right only where nothing is held up for so long, as in tests.
   */
  readonly markStaysMs?: number
}

/**
 * State as one object per document, `<prefix>/<key>.json`, compared and replaced by the store itself (If-Match, If-None-Match). Every save
 * differs from every other in its bytes, so a content that comes back is not taken for the version that was read.
 *
 * Removing deletes on condition where the store can (`deleteIf`). Elsewhere it first replaces the document by a mark, on condition, and then
 * deletes the mark. Whoever saves anew meanwhile waits for that, `markStaysMs` at most; a mark that is still there was left behind by a
 * remover that died and is replaced. No wait can be done without there: a late delete would take what was saved over the mark.
 *
 * @throws As {@link versionedState} does.
 */
export function conditionalState(store: ObjectStore, prefix: string, options: ConditionalStateOptions = {}): StateStore {
  const { markStaysMs = 3_000 } = options
  const markLookEveryMs = markStaysMs / 30
  const base = folderOf(prefix)
  const pathOf = (key: string) => `${base}${key}.json`
  const tokenOf = (found: { readonly etag: string; readonly value: Json | undefined } | undefined) =>
    found?.value === undefined ? undefined : found.etag

  const put = async (key: string, value: Json | undefined, expected: string, over: string): Promise<string> => {
    const nonce = freshNonce()
    const body = storedText({ nonce, after: expected, value })
    const condition = over === 'absent' ? 'absent' : { etag: over }
    try {
      return (await store.put(pathOf(key), body, { condition, contentType: 'application/json' })).etag
    } catch (error) {
      // Some stores say so of a version that is gone.
      if (!isEtlError(error, 'ETL_OBJECT_CONFLICT') && !isEtlError(error, 'ETL_OBJECT_NOT_FOUND')) throw error
      const found = await readStored(store, pathOf(key))
      // A client that lost an answer asks again and is refused because of itself.
      if (found?.nonce === nonce) return found.etag
      throw stateConflict(key, expected, tokenOf(found))
    }
  }

  /** What a save of an absent document replaces: nothing, or a mark that was left behind. */
  const absence = async (key: string): Promise<string> => {
    for (let waitedMs = 0; ; waitedMs += markLookEveryMs) {
      const found = await readStored(store, pathOf(key))
      if (found === undefined) return 'absent'
      if (found.value !== undefined) throw stateConflict(key, 'absent', found.etag)
      if (waitedMs >= markStaysMs) return found.etag
      await sleep(markLookEveryMs)
    }
  }

  const create = async (key: string, value: Json): Promise<string> => {
    // Mostly nothing is there: one request.
    try {
      return await put(key, value, 'absent', 'absent')
    } catch (error) {
      const removed = isEtlError(error, 'ETL_STATE_CONFLICT') && error.context.found === null
      if (!removed) throw error
      return put(key, value, 'absent', await absence(key))
    }
  }

  /** False where the store cannot compare while it deletes. */
  const deletedAt = async (key: string, expected: string): Promise<boolean> => {
    try {
      return (await store.deleteIf?.(pathOf(key), expected)) ?? false
    } catch (error) {
      if (!isEtlError(error, 'ETL_OBJECT_CONFLICT')) throw error
      throw stateConflict(key, expected, tokenOf(await readStored(store, pathOf(key))))
    }
  }

  return withStateErrors({
    async load(key) {
      checkStateKey(key)
      const found = await readStored(store, pathOf(key))
      return found?.value === undefined ? undefined : { value: found.value, version: found.etag }
    },
    async save(key, value, expected) {
      checkStateKey(key)
      return expected === 'absent' ? create(key, value) : put(key, value, expected, expected)
    },
    async remove(key, expected) {
      checkStateKey(key)
      if (expected === 'absent') throw stateConflict(key, expected, tokenOf(await readStored(store, pathOf(key))))
      if (await deletedAt(key, expected)) return
      const startedAtMs = performance.now()
      await put(key, undefined, expected, expected)
      if (performance.now() - startedAtMs < markStaysMs / 3) await store.delete([pathOf(key)])
    },
    async repair(key) {
      checkStateKey(key)
      if (!(await isDamaged(store, pathOf(key)))) return false
      await store.delete([pathOf(key)])
      return true
    },
    async *list(wanted) {
      const keys: string[] = []
      for await (const { key: path, bytes } of store.list(`${base}${wanted}`)) {
        if (!path.endsWith('.json')) continue
        const key = path.slice(base.length, -'.json'.length)
        if (!key.startsWith(wanted)) continue
        if (!mayBeRemoval(bytes) || (await holdsValue(readStored(store, path)))) keys.push(key)
      }
      yield* keys.sort()
    },
  })
}
