import { isEtlError, type Json, StateError, type StateStore, stateConflict } from '@millrace/etl-core'
import { type Content, contentOf, defaultSizes, newVersion, partsOf, type Sizes, valueIn, valueInParts } from './content.js'
import { headsIn, type Refusal, seen } from './heads.js'
import { checkStateKey, keyBytesAtMost } from './key.js'
import { partsIn } from './parts.js'
import type { Item, Table } from './table.js'
import { type Unfinished, unfinishedIn } from './unfinished.js'

/**
 * State in a DynamoDB table: the documents of one pipeline are the items of one partition, by key. A change is one write under one condition,
 * on the version that was read; there are no transactions, which cost twice as much.
 *
 * A document that is too large for an item lies in parts, which are written before its item says so and removed after it says otherwise. So
 * nobody ever sees half of one, and what a process that died has left of one is found and removed by the next that saves a large document.
 *
 * @param partition - What the partition keys begin with, see `partitionOf`.
 * @param sizes - Others than the default are for tests.
 * @throws StateError `ETL_STATE_CONFLICT`, `ETL_STATE_UNAVAILABLE` (later), `ETL_STATE_DENIED`, `ETL_STATE_CORRUPT`, `ETL_STATE_FULL`,
 * `ETL_STATE_REFUSED`. ConfigError `ETL_STATE_KEY`, `ETL_STATE_TABLE`, `ETL_CONFIG_CREDENTIALS`, `ETL_CONFIG_REGION`.
 */
export function stateIn(table: Table, partition: string, sizes: Sizes = defaultSizes): StateStore {
  const heads = headsIn(table, partition)
  const parts = partsIn(table, partition)
  const unfinished = unfinishedIn(table, partition, heads, parts)

  /** The value of a document's item; `undefined` where its parts are not there. */
  const valueAt = async (key: string, version: string, item: Item): Promise<{ readonly value: Json } | undefined> => {
    const found = partsOf(version) === 0 ? undefined : await parts.read(key, version)
    if (partsOf(version) > 0 && found === undefined) return undefined
    try {
      return { value: found ? await valueInParts(found) : await valueIn(item) }
    } catch (error) {
      throw damaged({ place: table.place, key, version }, (error as Error).message, error)
    }
  }

  const load = async (key: string) => {
    let missingAt: string | undefined
    for (;;) {
      const item = await table.get(`load state "${key}"`, partition, key)
      if (item === undefined || item.pending?.BOOL) return undefined
      const version = item.version?.S ?? ''
      const found = await valueAt(key, version, item)
      if (found) return { value: found.value, version }
      // Mostly another one was saved meanwhile.
      if (version === missingAt) throw damaged({ place: table.place, key, version }, 'parts of it are not there')
      missingAt = version
    }
  }

  /** Clears away behind a change that is settled. What is not done now, the next one does; but that it may not be done is told. */
  const clear = async (change: Unfinished, done: boolean): Promise<void> => {
    try {
      await unfinished.end(change, done)
      await unfinished.sweep()
    } catch (error) {
      if (!isEtlError(error) || error.retry === 'never') throw error
    }
  }

  /** Changes a document that is, or was, in parts. */
  const change = async (key: string, version: string, expected: string, act: () => Promise<Refusal | undefined>) => {
    const begun = await unfinished.begin({ key, version, expected })
    const refused = await act()
    await clear(begun, refused === undefined)
    return refused
  }

  const save = async (doing: string, key: string, version: string, content: Content, expected: string) => {
    const pieces = 'parts' in content ? content.parts : []
    const attributes = 'attributes' in content ? content.attributes : {}
    const put = (over: string) => heads.put(doing, key, { version, pending: false }, attributes, over)
    if (pieces.length === 0 && partsOf(expected) === 0) return put(expected)
    let over = expected
    if (expected === 'absent') {
      // Absence may come back, and then what was absent before might be replaced by parts that others have removed. A version does not.
      over = newVersion(0)
      const refused = await heads.put(doing, key, { version: over, pending: true }, {}, 'absent')
      if (refused) return refused
    }
    return change(key, version, over, async () => {
      await parts.write(key, version, pieces)
      return put(over)
    })
  }

  return {
    async load(key) {
      checkStateKey(key)
      return load(key)
    },
    async save(key, value, expected) {
      checkStateKey(key)
      const content = await contentOf(value, sizes)
      const version = newVersion('parts' in content ? content.parts.length : 0)
      const refused = await save(`save state "${key}"`, key, version, content, expected)
      if (refused) throw stateConflict(key, expected, refused.found)
      return version
    },
    async remove(key, expected) {
      checkStateKey(key)
      const doing = `remove state "${key}"`
      if (expected === 'absent') throw stateConflict(key, expected, seen(await heads.look(doing, key)))
      const act = () => heads.remove(doing, key, expected)
      const refused = await (partsOf(expected) === 0 ? act() : change(key, newVersion(0), expected, act))
      if (refused) throw stateConflict(key, expected, refused.found)
    },
    async repair(key) {
      checkStateKey(key)
      try {
        await load(key)
        return false
      } catch (error) {
        if (!isEtlError(error, 'ETL_STATE_CORRUPT')) throw error
        const { version } = error.context
        if (await heads.remove(`repair state "${key}"`, key, version as string)) return false
        await parts.remove(key, version as string)
        return true
      }
    },
    async *list(prefix) {
      if (prefix.length > keyBytesAtMost) return
      const doing = prefix === '' ? 'list state' : `list state "${prefix}"`
      for await (const item of table.query(doing, partition, { begins: prefix, names: ['sk'], without: 'pending' }))
        yield item.sk?.S as string
    },
  }
}

interface Damaged {
  readonly place: string
  readonly key: string
  readonly version: string
}

function damaged(context: Damaged, problem: string, cause?: unknown): StateError {
  return new StateError(
    'ETL_STATE_CORRUPT',
    `State in ${context.place} cannot be read: "${context.key}" is damaged (${problem.replace(/\s+/g, ' ')}). Restore it from a backup, or remove it: then the ` +
      'pipeline begins anew. "millrace state reset" removes all of the state.',
    { context: { ...context }, cause },
  )
}
