import assert from 'node:assert/strict'
import { failureOf, isExpected } from '../compare.js'
import { badKey, bytesOf, chunksOf, conflict, keysOf, notFound, type ObjectStoreCase, textOf } from './world.js'

/** Reading: whole objects, ranges, versions, what is missing, stops. */
export const readCases: readonly ObjectStoreCase[] = [
  {
    name: 'an object that is not there has no head, is not found by get, and is in no list',
    async body(store) {
      assert.equal(await store.head('a/b'), undefined)
      isExpected(await failureOf(store.get('a/b'), 'getting a missing object'), notFound, 'getting a missing object')
      assert.deepEqual(await keysOf(store), [])
    },
  },
  {
    name: 'an object is read as it was written, and put, head, get and list tell the same of it',
    async body(store) {
      const put = await store.put('a/b.txt', bytesOf('täglich'), { contentType: 'text/plain', metadata: { made: 'here' } })
      assert.equal(await textOf(store, 'a/b.txt'), 'täglich')
      assert.equal(put.key, 'a/b.txt')
      assert.equal(put.bytes, 8)
      assert.ok(put.etag.length > 0, 'the etag is empty')
      assert.ok(put.modifiedAtMs > 1e12 && put.modifiedAtMs < 1e14, `modifiedAtMs is ${put.modifiedAtMs}`)
      const opened = await store.get('a/b.txt')
      await chunksOf(opened.body)
      assert.deepEqual(opened.info, await store.head('a/b.txt'))
      for await (const listed of store.list('')) assert.equal(listed.etag, put.etag)
      assert.equal(opened.info.etag, put.etag)
    },
  },
  {
    name: 'an empty object is an object',
    async body(store) {
      await store.put('empty', new Uint8Array(0))
      await store.put('empty-stream', (async function* () {})())
      assert.equal((await store.head('empty'))?.bytes, 0)
      assert.equal(await textOf(store, 'empty'), '')
      assert.equal(await textOf(store, 'empty-stream'), '')
      assert.equal(await textOf(store, 'empty', { range: { start: 0, end: 10 } }), '')
      assert.deepEqual(await keysOf(store), ['empty', 'empty-stream'])
    },
  },
  {
    name: 'a range gives its bytes and the info of the whole object; what lies behind the end is left out',
    async body(store) {
      await store.put('digits', bytesOf('0123456789'))
      const read = (start: number, end?: number) =>
        textOf(store, 'digits', { range: { start, ...(end === undefined ? {} : { end }) } })
      assert.equal(await read(0, 3), '012')
      assert.equal(await read(4), '456789')
      assert.equal(await read(9, 10), '9')
      assert.equal(await read(8, 100), '89')
      assert.equal(await read(0), '0123456789')
      assert.equal(await read(10), '')
      assert.equal(await read(50, 60), '')
      const opened = await store.get('digits', { range: { start: 2, end: 4 } })
      assert.equal(opened.info.bytes, 10)
      await chunksOf(opened.body)
    },
  },
  {
    name: 'get with ifMatch reads that version only',
    async body(store) {
      const first = await store.put('a', bytesOf('first'))
      assert.equal(await textOf(store, 'a', { ifMatch: first.etag }), 'first')
      await store.put('a', bytesOf('other'))
      const reading = textOf(store, 'a', { ifMatch: first.etag })
      isExpected(await failureOf(reading, 'reading a version that is gone'), conflict, 'reading a version that is gone')
    },
  },
  {
    name: 'an object replaced while it is read gives the old bytes or an error, never a mixture',
    async body(store) {
      const size = 1 << 20
      await store.put('a', new Uint8Array(size).fill(1))
      const opened = await store.get('a')
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of opened.body) {
          if (chunks.length === 0) await store.put('a', new Uint8Array(size).fill(2))
          chunks.push(chunk)
        }
      } catch (error) {
        return isExpected(error, { codes: ['ETL_OBJECT_CONFLICT', 'ETL_SOURCE_UNAVAILABLE'] }, 'reading what is replaced')
      }
      const all = Buffer.concat(chunks)
      assert.equal(all.length, size)
      assert.ok(
        all.every(byte => byte === 1),
        'bytes of both versions were read',
      )
    },
  },
  {
    name: 'an object that is opened and left early is let go',
    async body(store) {
      await store.put('a', new Uint8Array(1 << 20))
      for (let count = 0; count < 50; count++) {
        const opened = await store.get('a')
        if (count % 2 === 0) await opened.body[Symbol.asyncIterator]().return?.()
        else for await (const _ of opened.body) break
      }
      await store.delete(['a'])
      assert.equal(await store.head('a'), undefined)
    },
  },
  {
    name: 'an aborted signal ends every call with its reason',
    async body(store) {
      await store.put('a', bytesOf('kept'))
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      const calls: [string, () => Promise<unknown>][] = [
        ['get', async () => chunksOf((await store.get('a', { signal })).body)],
        ['head', () => store.head('a', { signal })],
        ['put', () => store.put('a', bytesOf('lost'), { signal })],
        ['assemble', () => store.assemble('b', [{ key: 'a' }], { signal })],
        ['delete', () => store.delete(['a'], { signal })],
        [
          'list',
          async () => {
            for await (const _ of store.list('', { signal }));
          },
        ],
      ]
      for (const [name, call] of calls) assert.equal(await failureOf(call(), `${name} after the signal`), reason, name)
      assert.equal(await textOf(store, 'a'), 'kept')
      assert.deepEqual(await keysOf(store), ['a'])
    },
  },
  {
    name: 'a signal that aborts while an object is read ends the reading with its reason',
    async body(store) {
      await store.put('a', new Uint8Array(4 << 20))
      const stop = new AbortController()
      const reason = new Error('enough')
      const reading = async () => {
        const opened = await store.get('a', { signal: stop.signal })
        for await (const _ of opened.body) stop.abort(reason)
      }
      assert.equal(await failureOf(reading(), 'reading after the signal'), reason)
    },
  },
  {
    name: 'what is not a key is refused by every call',
    async body(store) {
      for (const key of ['', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../b', 'a/./b', 'a\0b', 'a\ud800']) {
        const shown = JSON.stringify(key)
        isExpected(await failureOf(store.put(key, bytesOf('x')), `put ${shown}`), badKey, `put ${shown}`)
        isExpected(await failureOf(store.get(key), `get ${shown}`), badKey, `get ${shown}`)
        isExpected(await failureOf(store.head(key), `head ${shown}`), badKey, `head ${shown}`)
        isExpected(await failureOf(store.delete([key]), `delete ${shown}`), badKey, `delete ${shown}`)
        isExpected(await failureOf(store.assemble(key, []), `assemble ${shown}`), badKey, `assemble ${shown}`)
      }
      assert.deepEqual(await keysOf(store), [])
    },
  },
]
