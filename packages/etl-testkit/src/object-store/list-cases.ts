import assert from 'node:assert/strict'
import type { ObjectStore } from '@millrace/objects'
import { bytesOf, infosOf, keysOf, type ObjectStoreCase, textOf } from './world.js'

/** Listing, deleting, and keys. */
export const listCases: readonly ObjectStoreCase[] = [
  {
    name: 'a prefix is any text: foo finds foobar, foo/ does not',
    async body(store) {
      await putAll(store, ['foo/a', 'foo/b/c', 'foobar', 'foo.x', 'fo', 'other/foo/a'])
      assert.deepEqual(await keysOf(store, 'foo'), ['foo.x', 'foo/a', 'foo/b/c', 'foobar'])
      assert.deepEqual(await keysOf(store, 'foo/'), ['foo/a', 'foo/b/c'])
      assert.deepEqual(await keysOf(store, 'foo/b'), ['foo/b/c'])
      assert.deepEqual(await keysOf(store, 'foo/b/c'), ['foo/b/c'])
      assert.deepEqual(await keysOf(store, 'foo/b/c/'), [])
      assert.deepEqual(await keysOf(store, 'nothing/here'), [])
    },
  },
  {
    name: 'keys are listed ascending by their bytes in UTF-8, across folders',
    async body(store) {
      const keys = [
        'b',
        'a/z',
        'a-b',
        'a.b',
        'a0',
        'aa/b',
        'a/b/c',
        'a/b.c',
        'Z',
        'a_b',
        'ä',
        'z',
        '～',
        '🚂',
        'a/🚂',
        'a/～',
        '10',
        '9',
      ]
      await putAll(store, keys)
      assert.deepEqual(
        await keysOf(store),
        [...keys].sort((a, b) => Buffer.compare(bytesOf(a) as Buffer, bytesOf(b) as Buffer)),
      )
    },
  },
  {
    name: 'any character may stand in a key',
    async body(store) {
      const keys = [
        'with space/and more .txt',
        'per%cent/%2F%00/100%.csv',
        'plus+plus/a+b',
        'ünïcode/東京/ñ🚂',
        'year=2025/month=02/part-0.parquet',
        'quotes"\'`/<>&;/{}[]()',
        'query?a=b#fragment',
        'back\\slash/colon:/star*/pipe|/~tilde/^$!@,',
        'tab\tand\nnewline',
        ' begins and ends with blanks ',
        '...dots/.hidden/_under/end.',
        '\u00e9 composed',
        'e\u0301 decomposed',
        `${'long'.repeat(50)}/${'x'.repeat(200)}`,
      ]
      await putAll(store, keys)
      assert.deepEqual(new Set(await keysOf(store)), new Set(keys))
      for (const key of keys) assert.equal(await textOf(store, key), key)
      for (const key of keys) assert.equal((await store.head(key))?.key, key)
      await store.delete(keys)
      assert.deepEqual(await keysOf(store), [])
    },
  },
  {
    name: 'deleting removes what is there and is content with what is not',
    async body(store) {
      await putAll(store, ['a/1', 'a/2', 'a/3'])
      await store.delete(['a/1', 'a/nothing', 'b', 'a/3'])
      await store.delete(['a/1'])
      await store.delete([])
      assert.deepEqual(await keysOf(store), ['a/2'])
    },
  },
  {
    name: 'objects may be deleted and written while they are listed',
    async body(store) {
      await putAll(
        store,
        Array.from({ length: 30 }, (_, index) => `in/${String(index).padStart(2, '0')}`),
      )
      const seen: string[] = []
      for await (const { key } of store.list('in/')) {
        seen.push(key)
        await store.put(key.replace('in/', 'out/'), bytesOf('moved'))
        await store.delete([key])
      }
      assert.equal(new Set(seen).size, 30)
      assert.equal((await keysOf(store, 'out/')).length, 30)
      assert.deepEqual(await keysOf(store, 'in/'), [])
    },
  },
  {
    name: 'thousands of objects are listed once each, in order, with what head tells of them, and deleted in one call',
    async body(store, { manyObjects }) {
      const keys = Array.from({ length: manyObjects }, (_, index) => `many/${index % 7}/${String(index).padStart(6, '0')}`)
      await putAll(store, keys)
      const infos = await infosOf(store, 'many/')
      assert.deepEqual(
        infos.map(info => info.key),
        [...keys].sort(),
      )
      const [one] = infos.slice(infos.length / 2)
      assert.deepEqual(one, await store.head(one?.key as string))
      await store.delete(keys)
      assert.deepEqual(await keysOf(store), [])
    },
  },
]

/** Each object holds its own key. Twenty at once: as a sink would. */
async function putAll(store: ObjectStore, keys: readonly string[]): Promise<void> {
  const left = [...keys]
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) await store.put(key, bytesOf(key))
    }),
  )
}
