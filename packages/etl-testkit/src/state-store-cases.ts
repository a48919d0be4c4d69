import assert from 'node:assert/strict'
import { isEtlError, type Json, type StateStore } from '@millrace/etl-core'
import { type ContractCase, contractCase, ruledOut } from './case.js'
import { failureOf, isExpected } from './compare.js'

/** A state store to test, at a place of its own that is empty. */
export interface StateStoreWorld {
  readonly store: StateStore
  /** Another store over the same place, as another process would open it. */
  another?(): StateStore
  close?(): Promise<void> | void
}

/** What {@link stateStoreCases} needs. */
export interface StateStoreSuite {
  open(): Promise<StateStoreWorld> | StateStoreWorld
}

const nested: Json = {
  text: 'ñandú 東京 🚂 "quoted" \\ \u0000 \u2028 line\nbreak',
  numbers: [0, -1, 1.5, 1e21, 9007199254740991],
  empty: { list: [], object: {}, text: '', nothing: null, yes: true },
  deep: { a: { b: { c: [[['d']]] } } },
  __proto: 'not a prototype',
}

const conflict = { codes: ['ETL_STATE_CONFLICT'], retry: ['never'] } as const

/** The contract of a state store, case by case. */
export function stateStoreCases(suite: StateStoreSuite): ContractCase[] {
  const test = (name: string, body: (store: StateStore, world: StateStoreWorld) => Promise<void>): ContractCase =>
    contractCase(name, async () => {
      const world = await suite.open()
      try {
        await body(world.store, world)
      } finally {
        await world.close?.()
      }
    })

  return [
    test('an unknown key has no document, and looking for it makes none', async store => {
      assert.equal(await store.load('nothing/here'), undefined)
      assert.deepEqual(await keysOf(store), [])
    }),

    test('what is saved is loaded as it was: nested, unicode, every JSON type', async store => {
      for (const [index, value] of [nested, null, 0, false, '', [], {}, 'text', [nested, nested]].entries()) {
        const version = await store.save(`values/${index}`, value, 'absent')
        assert.deepEqual(await store.load(`values/${index}`), { value, version })
      }
    }),

    test('a document of a million characters is kept whole', async store => {
      const value = { text: 'ä€🚂x'.repeat(200_000) }
      await store.save('big', value, 'absent')
      const found = (await store.load('big'))?.value as typeof value
      assert.ok(found.text === value.text, `${found.text?.length} characters came back of ${value.text.length}`)
    }),

    test('a value changed after saving or loading changes nothing in the store', async store => {
      const value = { list: [1] }
      await store.save('kept', value, 'absent')
      value.list.push(2)
      const loaded = (await store.load('kept'))?.value as unknown as typeof value | undefined
      loaded?.list.push(3)
      assert.deepEqual((await store.load('kept'))?.value, { list: [1] })
    }),

    test('saving as absent what is there is a conflict and changes nothing', async store => {
      const version = await store.save('head', 1, 'absent')
      isExpected(await failureOf(store.save('head', 2, 'absent'), 'saving over a document'), conflict, 'saving over a document')
      assert.deepEqual(await store.load('head'), { value: 1, version })
    }),

    test('saving over a version that is no longer there is a conflict and changes nothing', async store => {
      const first = await store.save('head', 1, 'absent')
      const second = await store.save('head', 2, first)
      isExpected(await failureOf(store.save('head', 3, first), 'a stale save'), conflict, 'a stale save')
      assert.deepEqual(await store.load('head'), { value: 2, version: second })
    }),

    test('saving over a document that is not there is a conflict', async store => {
      const version = await store.save('other', 1, 'absent')
      isExpected(await failureOf(store.save('head', 1, version), 'a save over nothing'), conflict, 'a save over nothing')
      assert.equal(await store.load('head'), undefined)
    }),

    test('every save has a new version, even of the same value', async store => {
      const versions: string[] = ['absent']
      for (let count = 0; count < 12; count++) versions.push(await store.save('head', { same: true }, versions.at(-1) as string))
      assert.equal(new Set(versions).size, 13, `versions repeat: ${versions.join(', ')}`)
    }),

    test('an old version stays refused after the document was removed and saved again', async store => {
      const old = await store.save('head', { same: true }, 'absent')
      await store.remove('head', old)
      const version = await store.save('head', { same: true }, 'absent')
      assert.notEqual(version, old)
      isExpected(
        await failureOf(store.save('head', 2, old), 'a save at a version of before'),
        conflict,
        'a save at a version of before',
      )
      isExpected(
        await failureOf(store.remove('head', old), 'a remove at a version of before'),
        conflict,
        'a remove at a version of before',
      )
      assert.deepEqual(await store.load('head'), { value: { same: true }, version })
    }),

    test('a removed document is gone from loading and listing, and may be saved again as absent', async store => {
      await store.remove('a/b', await store.save('a/b', 1, 'absent'))
      assert.equal(await store.load('a/b'), undefined)
      assert.deepEqual(await keysOf(store), [])
      await store.save('a/b', 2, 'absent')
      assert.equal((await store.load('a/b'))?.value, 2)
    }),

    test('removing at another version, or what is gone, is a conflict', async store => {
      const first = await store.save('head', 1, 'absent')
      const second = await store.save('head', 2, first)
      isExpected(await failureOf(store.remove('head', first), 'a stale remove'), conflict, 'a stale remove')
      assert.equal((await store.load('head'))?.value, 2)
      await store.remove('head', second)
      isExpected(await failureOf(store.remove('head', second), 'a second remove'), conflict, 'a second remove')
    }),

    test('keys are listed by prefix, in ascending order of their characters', async store => {
      const keys = ['b', 'a/2', 'a/10', 'a/B', 'a/_', 'a/b', 'ab', 'a-/1', 'a.x', 'aa/1/x', 'a/b/c', 'Z']
      for (const key of keys) await store.save(key, key, 'absent')
      assert.deepEqual(await keysOf(store), [...keys].sort())
      assert.deepEqual(await keysOf(store, 'a/'), ['a/10', 'a/2', 'a/B', 'a/_', 'a/b', 'a/b/c'])
      assert.deepEqual(
        await keysOf(store, 'a'),
        [...keys].sort().filter(key => key.startsWith('a')),
      )
      assert.deepEqual(await keysOf(store, 'c'), [])
    }),

    test('a prefix is text, not a pattern', async store => {
      for (const key of ['x_1', 'xa1', 'x.1', 'x-1']) await store.save(key, 1, 'absent')
      assert.deepEqual(await keysOf(store, 'x_'), ['x_1'])
      assert.deepEqual(await keysOf(store, 'x.'), ['x.1'])
    }),

    test('a key may be the beginning of another', async store => {
      await store.save('load', 1, 'absent')
      await store.save('load/plan', 2, 'absent')
      await store.save('load/plan/part', 3, 'absent')
      assert.deepEqual(await keysOf(store), ['load', 'load/plan', 'load/plan/part'])
      assert.deepEqual(
        await Promise.all(['load', 'load/plan', 'load/plan/part'].map(async key => (await store.load(key))?.value)),
        [1, 2, 3],
      )
    }),

    test('every allowed character and length of a key is kept, and case tells keys apart', async store => {
      const keys = [
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ/abcdefghijklmnopqrstuvwxyz/0123456789',
        'a..b/-._/_x/.hidden/end.',
        `${'x'.repeat(160)}/${'y'.repeat(160)}`,
        'HEAD',
        'head',
        'Head',
        'con',
        'tmp.json',
      ]
      for (const key of keys) await store.save(key, key, 'absent')
      assert.deepEqual(await keysOf(store), [...keys].sort())
      for (const key of keys) assert.equal((await store.load(key))?.value, key)
    }),

    test('documents may be removed while they are listed', async store => {
      for (let count = 0; count < 25; count++) await store.save(`rejects/${count}`, count, 'absent')
      let removed = 0
      for await (const key of store.list('rejects/')) {
        await store.remove(key, (await store.load(key))?.version as string)
        removed++
      }
      assert.equal(removed, 25)
      assert.deepEqual(await keysOf(store), [])
    }),

    test('of 20 writers that create one document at once, one wins and the others are told', async (store, world) => {
      const stores = Array.from({ length: 20 }, (_, index) => (index % 2 === 1 ? (world.another?.() ?? store) : store))
      await oneWins(
        store,
        'head',
        stores.map((each, index) => each.save('head', { writer: index }, 'absent')),
      )
    }),

    test('of 20 writers that change one document at once, one wins and the others are told', async (store, world) => {
      const stores = Array.from({ length: 20 }, (_, index) => (index % 2 === 1 ? (world.another?.() ?? store) : store))
      const version = await store.save('head', { writer: -1 }, 'absent')
      await oneWins(
        store,
        'head',
        stores.map((each, index) => each.save('head', { writer: index }, version)),
      )
    }),

    test('writers of different keys do not disturb each other', async store => {
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.save(`splits/${index}`, index, 'absent')))
      const found = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => (await store.load(`splits/${index}`))?.value),
      )
      assert.deepEqual(
        found,
        Array.from({ length: 20 }, (_, index) => index),
      )
    }),

    test('another store over the same place sees what was saved, and its versions hold there', async (store, world) => {
      const another = world.another?.() ?? ruledOut('the suite was given no `another` store over the same place')
      const version = await store.save('head', nested, 'absent')
      assert.deepEqual(await another.load('head'), { value: nested, version })
      const next = await another.save('head', 2, version)
      assert.deepEqual(await store.load('head'), { value: 2, version: next })
      assert.deepEqual(await keysOf(another), ['head'])
      isExpected(await failureOf(store.save('head', 3, version), 'a stale save'), conflict, 'a stale save')
    }),
  ]
}

async function oneWins(store: StateStore, key: string, saves: readonly Promise<string>[]): Promise<void> {
  const outcomes = await Promise.allSettled(saves)
  const winners = outcomes.flatMap((outcome, writer) =>
    outcome.status === 'fulfilled' ? [{ writer, version: outcome.value }] : [],
  )
  const strangers = outcomes.filter(outcome => outcome.status === 'rejected' && !isEtlError(outcome.reason, 'ETL_STATE_CONFLICT'))
  assert.equal(winners.length, 1, `${winners.length} of ${saves.length} writers believe to have won`)
  for (const stranger of strangers) isExpected((stranger as PromiseRejectedResult).reason, conflict, 'losing a race')
  const [winner] = winners
  assert.deepEqual(await store.load(key), { value: { writer: winner?.writer }, version: winner?.version })
}

async function keysOf(store: StateStore, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return keys
}
