import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isEtlError, SourceError, type StateStore } from '@millrace/etl-core'
import { describe, expect, test } from 'vitest'
import {
  conditionalState,
  folderState,
  folderStore,
  memoryStore,
  type ObjectStore,
  stateOver,
  versionedState,
} from '../src/index.js'
import { bytesOf } from './support/formats.js'
import { bundled, runScript } from './support/processes.js'
import { contents, mortal, reaper, withoutDeleteIf } from './support/stores.js'
import { tempFolder, treeOf } from './support/temp.js'

const conflict = { code: 'ETL_STATE_CONFLICT', retry: 'never' }

/** Adds one until it succeeds; returns how often it was refused. */
async function increment(state: StateStore, key: string): Promise<number> {
  for (let refused = 0; ; refused++) {
    const found = await state.load(key)
    try {
      await state.save(key, ((found?.value as number | undefined) ?? 0) + 1, found?.version ?? 'absent')
      return refused
    } catch (error) {
      if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
    }
  }
}

const soon = (store: ObjectStore, prefix: string) => conditionalState(withoutDeleteIf(store), prefix, { markStaysMs: 30 })
/** Over a store that compares while it deletes, as AWS does: no mark, and no wait for one. */
const without = (store: ObjectStore, prefix: string) => conditionalState(store, prefix, { markStaysMs: Number.POSITIVE_INFINITY })
const kinds = { versionedState, 'conditionalState with marks': soon, 'conditionalState with conditional deletes': without }

test.each([
  ['ETL_SOURCE_DENIED', 'never', 'ETL_STATE_DENIED'],
  ['ETL_SINK_DENIED', 'later', 'ETL_STATE_DENIED'],
  ['ETL_SINK_NOT_FOUND', 'never', 'ETL_STATE_NOT_FOUND'],
  ['ETL_SINK_FULL', 'later', 'ETL_STATE_UNAVAILABLE'],
  ['ETL_SOURCE_RATE_LIMITED', 'exhausted', 'ETL_STATE_UNAVAILABLE'],
  ['ETL_SOURCE_UNAVAILABLE', 'never', 'ETL_STATE_UNAVAILABLE'],
  ['ETL_OBJECT_KEY', 'never', 'ETL_OBJECT_KEY'],
] as const)('state says %s (%s) as %s, and whether to try again as the store does', async (code, retry, expected) => {
  const failing: ObjectStore = { ...memoryStore(), get: () => Promise.reject(new SourceError(code, 'no', { retry })) }

  await expect(stateOver(failing, 'state').load('head')).rejects.toMatchObject({ code: expected, retry })
})

describe.each(Object.entries(kinds))('%s', (_, stateIn) => {
  test('loses no increment of 12 writers who race', async () => {
    const store = memoryStore()

    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (let count = 0; count < 10; count++) await increment(stateIn(store, 'state'), 'counter')
      }),
    )

    expect((await stateIn(store, 'state').load('counter'))?.value).toBe(120)
  })

  test('removes a document for one of several, and who saves anew is not removed with it', async () => {
    const state = stateIn(memoryStore(), '')
    for (let round = 0; round < 20; round++) {
      const version = await state.save('a', round, 'absent')
      const removals = await Promise.allSettled([1, 2, 3].map(() => state.remove('a', version)))
      expect(removals.filter(each => each.status === 'fulfilled')).toHaveLength(1)
      expect(await state.load('a')).toBeUndefined()
    }
  })

  test('leaves nothing behind once every document is removed', async () => {
    const store = memoryStore()
    const state = stateIn(store, 'app')
    let version = 'absent'
    for (let count = 0; count < 20; count++) version = await state.save('loads/1/plan', count, version)
    await state.remove('loads/1/plan', version)

    expect(await contents(store)).toEqual({})
  })

  test('takes a save or a removal whose answer was lost, and which was then refused because of itself, for done', async () => {
    const store = memoryStore()
    const forgetful: ObjectStore = {
      ...store,
      async put(key, body, options) {
        await store.put(key, body, options)
        return store.put(key, body, options)
      },
    }
    const state = stateIn(forgetful, 'app')

    const first = await state.save('head', 1, 'absent')
    const second = await state.save('head', 2, first)

    expect(await stateIn(store, 'app').load('head')).toEqual({ value: 2, version: second })
    await expect(state.save('head', 3, first)).rejects.toMatchObject(conflict)
    await state.remove('head', second)
    expect(await contents(store)).toEqual({})
  })

  test('names the object that is damaged', async () => {
    const store = memoryStore()
    const state = stateIn(store, 'app')
    await state.save('head', 1, 'absent')
    const [key] = Object.keys(await contents(store)) as [string]
    for (const text of ['', '{"nonce":"a","aft', '{"value":1}', '{"nonce":"a","after":"b"}', '\xff']) {
      await store.put(key, Buffer.from(text, 'latin1'))

      const loading = state.load('head')

      await expect(loading).rejects.toMatchObject({
        code: 'ETL_STATE_CORRUPT',
        context: { key },
        message: expect.stringContaining(key),
      })
    }
  })

  test('lists what is damaged, and repairs that and nothing else', async () => {
    const store = memoryStore()
    const state = stateIn(store, 'app')
    for (const key of ['bookmarks', 'head']) await state.save(key, key, 'absent')
    const [, head] = Object.keys(await contents(store)).sort() as [string, string]
    await store.put(head, Buffer.from('{"nonce":'))

    const keys: string[] = []
    for await (const key of state.list('')) keys.push(key)
    const repaired = [await state.repair?.('head'), await state.repair?.('head'), await state.repair?.('bookmarks')]

    expect(keys).toEqual(['bookmarks', 'head'])
    expect(repaired).toEqual([true, false, false])
    expect(await state.load('head')).toBeUndefined()
    expect((await state.load('bookmarks'))?.value).toBe('bookmarks')
  })

  test('refuses what cannot name state', async () => {
    const state = stateIn(memoryStore(), '')
    for (const key of ['', 'a b', 'a//b', '../a', 'a/..', '/a', 'ü', 'x'.repeat(161), 'a/00000001.json']) {
      await expect(state.load(key)).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
      await expect(state.save(key, 1, 'absent')).rejects.toMatchObject({ code: 'ETL_STATE_KEY' })
    }
  })

  test.each(['before', 'after'] as const)(
    'killed %s any call of a save or a removal, holds the old or the new',
    async when => {
      for (let at = 0; ; at++) {
        const store = memoryStore()
        const version = await stateIn(store, '').save('head', 'old', 'absent')
        const mine = reaper(at, when)
        const dying = stateIn(mortal(store, mine), '')
        const outcome = await dying
          .save('head', 'new', version)
          .then(async next => dying.remove('head', next))
          .then(
            () => 'done',
            () => 'died',
          )
        const found = await stateIn(store, '').load('head')
        expect(['old', 'new', undefined]).toContain(found?.value)
        // Whoever comes next can go on, whatever was left.
        await stateIn(store, '').save('head', 'next', found?.version ?? 'absent')
        expect((await stateIn(store, '').load('head'))?.value).toBe('next')
        if (outcome === 'done') break
      }
    },
    60_000,
  )
})

describe('versions in a folder', () => {
  test('are files that a person can read, the newest and three older', async () => {
    const root = await tempFolder()
    const state = folderState(root)
    let version = 'absent'
    for (let count = 1; count <= 9; count++) version = await state.save('head', { count }, version)

    expect(await readdir(join(root, 'head'))).toEqual(['00000006.json', '00000007.json', '00000008.json', '00000009.json'])
    expect(JSON.parse(await readFile(join(root, 'head/00000009.json'), 'utf8'))).toMatchObject({ value: { count: 9 } })
  })

  test('go on beyond eight digits', async () => {
    const root = await tempFolder()
    const store = folderStore(root)
    await store.put('head/99999999.json', bytesOf('{"nonce":"a","after":"b","value":"old"}'))
    const state = folderState(root)

    await state.save('head', 'new', '99999999-a')

    expect((await folderState(root).load('head'))?.value).toBe('new')
    expect(await readdir(join(root, 'head'))).toContain('100000000.json')
  })

  test('are not disturbed by files of others', async () => {
    const root = await tempFolder()
    const state = folderState(root)
    await state.save('head', 1, 'absent')
    for (const name of ['.DS_Store', 'note.txt', '7.json', '00000099.json.bak']) await writeFile(join(root, 'head', name), 'x')

    expect((await state.load('head'))?.value).toBe(1)
    const keys = []
    for await (const key of state.list('')) keys.push(key)
    expect(keys).toEqual(['head'])
  })

  test('a document whose newest version is damaged goes back to the one before when it is repaired', async () => {
    const root = await tempFolder()
    const state = folderState(root)
    await state.save('head', 'second', await state.save('head', 'first', 'absent'))
    await writeFile(join(root, 'head/00000002.json'), '{"nonce":')
    await expect(state.load('head')).rejects.toMatchObject({ code: 'ETL_STATE_CORRUPT' })

    expect(await state.repair?.('head')).toBe(true)

    expect((await state.load('head'))?.value).toBe('first')
  })

  test('loading and listing create nothing', async () => {
    const root = await tempFolder()
    const state = folderState(join(root, 'state'))

    await state.load('head')
    for await (const _ of state.list(''));

    expect(await treeOf(root)).toEqual([])
  })
})

test('a writer that slept while its number was used, superseded and removed is told of the conflict', async () => {
  const store = memoryStore()
  const awake = versionedState(store, '')
  const first = await awake.save('head', 1, 'absent')
  // Sleeps between looking at what is there and its put.
  let wake: () => void = () => {}
  const asleep = new Promise<void>(resolve => {
    wake = resolve
  })
  let looked: () => void = () => {}
  const hasLooked = new Promise<void>(resolve => {
    looked = resolve
  })
  const slow: ObjectStore = {
    ...store,
    async put(key, body, options) {
      looked()
      await asleep
      return store.put(key, body, options)
    },
  }
  const stale = versionedState(slow, '').save('head', 'stale', first)
  await hasLooked
  let version = first
  for (let count = 2; count < 12; count++) version = await awake.save('head', count, version)
  wake()

  await expect(stale).rejects.toMatchObject(conflict)
  expect(await awake.load('head')).toEqual({ value: 11, version })
})

test('a reader that finds a listed version gone looks again', async () => {
  const store = memoryStore()
  const state = versionedState(store, '')
  const version = await state.save('head', 1, 'absent')
  let moved = false
  const moving: ObjectStore = {
    ...store,
    async get(key, options) {
      if (!moved) {
        moved = true
        let next = version
        for (let count = 2; count < 8; count++) next = await state.save('head', count, next)
      }
      return store.get(key, options)
    },
  }

  expect((await versionedState(moving, '').load('head'))?.value).toBe(7)
})

test('a mark that a dead remover left is replaced by the next save', async () => {
  const store = memoryStore()
  const state = soon(store, '')
  const version = await state.save('head', 1, 'absent')
  const mine = reaper(1, 'before')
  await soon(mortal(store, mine), '')
    .remove('head', version)
    .catch(() => undefined)
  expect(Object.keys(await contents(store))).toEqual(['head.json'])
  expect(await state.load('head')).toBeUndefined()

  await state.save('head', 2, 'absent')

  expect((await state.load('head'))?.value).toBe(2)
})

test('processes that race for one document in a folder lose no increment', async () => {
  const root = await tempFolder()
  const script = await bundled(`
    import { isEtlError } from '@millrace/etl-core'
    import { folderState } from '@millrace/objects'
    const state = folderState(process.argv[2])
    let refused = 0
    for (let done = 0; done < 25; ) {
      const found = await state.load('counter')
      try {
        await state.save('counter', (found?.value ?? 0) + 1, found?.version ?? 'absent')
        done++
      } catch (error) {
        if (!isEtlError(error, 'ETL_STATE_CONFLICT')) throw error
        refused++
      }
    }
    console.log(refused)
  `)

  const refused = (await Promise.all(Array.from({ length: 4 }, () => runScript(script, root)))) as number[]

  expect((await folderState(root).load('counter'))?.value).toBe(100)
  expect(refused.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0)
})

test('stateOver compares in the store where that is atomic, and numbers versions elsewhere', async () => {
  const memory = memoryStore()
  await stateOver(memory, 'app/state').save('head', 1, 'absent')
  expect(Object.keys(await contents(memory))).toEqual(['app/state/head.json'])

  const folder = folderStore(await tempFolder())
  await stateOver(() => Promise.resolve(folder), 'app/state').save('head', 1, 'absent')
  expect(Object.keys(await contents(folder))).toEqual(['app/state/head/00000001.json'])
})

describe.each(Object.entries({ versionedState, conditionalState }))('listing %s', (_, stateIn) => {
  test('opens no document, however small', async () => {
    const store = memoryStore()
    const state = stateIn(store, '')
    for (let count = 0; count < 300; count++) await state.save(`done/${count}`, 'x'.repeat(count), 'absent')
    const { opened, counting } = openings(store)

    const keys: string[] = []
    for await (const key of stateIn(counting, '').list('done/')) keys.push(key)

    expect(keys).toHaveLength(300)
    expect(opened).toEqual([])
  })
})

test('a removal that was cut off is told from documents of every size', async () => {
  const store = withoutDeleteIf(memoryStore())
  const state = conditionalState({ ...store, delete: () => Promise.reject(new Error('cut off')) }, '')
  for (let count = 0; count < 300; count++) await state.save(`kept/${count}`, 'x'.repeat(count), 'absent')
  await state.remove('kept/7', (await state.load('kept/7'))?.version as string).catch(() => undefined)
  const { opened, counting } = openings(store)

  const keys: string[] = []
  for await (const key of conditionalState(counting, '').list('kept/')) keys.push(key)

  expect(keys).toHaveLength(299)
  expect(keys).not.toContain('kept/7')
  expect(opened).toEqual(['kept/7.json'])
})

/** A store that tells which objects were opened. */
function openings(store: ObjectStore) {
  const opened: string[] = []
  const counting: ObjectStore = {
    ...store,
    get: (key, options) => {
      opened.push(key)
      return store.get(key, options)
    },
  }
  return { opened, counting }
}
