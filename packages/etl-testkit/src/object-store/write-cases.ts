import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { isEtlError } from '@millrace/etl-core'
import type { ObjectInfo, ObjectStore, PutCondition } from '@millrace/objects'
import { failureOf, isExpected, pause } from '../compare.js'
import { heldBufferBytes } from '../memory-use.js'
import { bytesOf, type CaseWorld, conflict, keysOf, notFound, type ObjectStoreCase, patternOf, textOf } from './world.js'

const writers = 20

/** Writing: whole or not at all, conditions, races, assembling. */
export const writeCases: readonly ObjectStoreCase[] = [
  {
    name: 'a body that throws midway leaves nothing, and its error is passed on',
    async body(store) {
      const boom = new Error('the source broke')
      assert.equal(await failureOf(store.put('a', breaking(boom)), 'a put whose body throws'), boom)
      assert.equal(await store.head('a'), undefined)
      assert.deepEqual(await keysOf(store), [])
    },
  },
  {
    name: 'a body that throws midway leaves the object that was there',
    async body(store) {
      const before = await store.put('a', bytesOf('old'))
      const boom = new Error('the source broke')
      assert.equal(await failureOf(store.put('a', breaking(boom)), 'a put whose body throws'), boom)
      assert.equal(await textOf(store, 'a'), 'old')
      assert.equal((await store.head('a'))?.etag, before.etag)
    },
  },
  {
    name: 'an object that is being written is not visible, whole or in part',
    async body(store) {
      await store.put('old', bytesOf('old'))
      const seen: unknown[] = []
      const look = async () => seen.push([await keysOf(store), (await store.head('new')) ?? null, await textOf(store, 'old')])
      const watched = async function* () {
        for (let chunk = 0; chunk < 3; chunk++) {
          yield new Uint8Array(1 << 20)
          await look()
        }
      }
      await store.put('new', watched())
      await store.put('old', watched())
      assert.deepEqual(seen.slice(0, 3), Array(3).fill([['old'], null, 'old']))
      assert.deepEqual(
        seen.slice(3).map(each => (each as unknown[])[2]),
        ['old', 'old', 'old'],
      )
      assert.equal((await store.head('new'))?.bytes, 3 << 20)
    },
  },
  {
    name: 'a put replaces what was there, and another content of the same length is another version',
    async body(store) {
      const etags: string[] = []
      for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee']) etags.push((await store.put('a', bytesOf(text))).etag)
      assert.equal(await textOf(store, 'a'), 'eeee')
      assert.equal(new Set(etags).size, 5, `etags repeat: ${etags.join(', ')}`)
      assert.deepEqual(await keysOf(store), ['a'])
    },
  },
  {
    name: 'a put on condition of absence is refused where an object is, and changes nothing',
    async body(store) {
      await store.put('a', bytesOf('first'), { condition: 'absent' })
      const second = store.put('a', bytesOf('second'), { condition: 'absent' })
      isExpected(await failureOf(second, 'a second create'), conflict, 'a second create')
      assert.equal(await textOf(store, 'a'), 'first')
      await store.delete(['a'])
      await store.put('a', bytesOf('third'), { condition: 'absent' })
      assert.equal(await textOf(store, 'a'), 'third')
    },
  },
  {
    name: 'a put on condition of a version is refused at any other version, and where nothing is',
    async body(store) {
      const first = await store.put('a', bytesOf('first'))
      const second = await store.put('a', bytesOf('second'), { condition: { etag: first.etag } })
      const stale = store.put('a', bytesOf('third'), { condition: { etag: first.etag } })
      isExpected(await failureOf(stale, 'a stale replace'), conflict, 'a stale replace')
      assert.equal(await textOf(store, 'a'), 'second')
      await store.delete(['a'])
      const gone = store.put('a', bytesOf('fourth'), { condition: { etag: second.etag } })
      isExpected(await failureOf(gone, 'replacing what is gone'), conflict, 'replacing what is gone')
      assert.equal(await store.head('a'), undefined)
    },
  },
  {
    name: 'of 20 writers that create one object at once, one wins and the others are told',
    body: async (store, world) => race(store, world, 'absent'),
  },
  {
    name: 'of 20 writers that create one object from streams at once, one wins and the others are told',
    body: async (store, world) => race(store, world, 'absent', index => patternOf(3, 1000 + index)),
  },
  {
    name: 'of 20 writers that replace one version at once, one wins and the others are told',
    async body(store, world) {
      if (store.capabilities.replaceIfUnchanged === 'checked') world.skip('declared: replaceIfUnchanged is checked, not atomic')
      const { etag } = await store.put('a', bytesOf('before'))
      await race(store, world, { etag })
    },
  },
  {
    name: 'a large object is written and read as a stream, in bounded memory',
    async body(store, world) {
      const [chunks, chunkBytes] = [512, 65_536]
      const expected = createHash('sha256')
      for await (const chunk of patternOf(chunks, chunkBytes)) expected.update(chunk)
      const before = heldBufferBytes()
      let most = 0
      const measure = (chunk: number) => {
        if (chunk % 64 === 63) most = Math.max(most, heldBufferBytes() - before)
      }
      await store.put('large', patternOf(chunks, chunkBytes, measure))
      const found = createHash('sha256')
      let [bytes, at, largest] = [0, 0, 0]
      for await (const chunk of (await store.get('large')).body) {
        found.update(chunk)
        bytes += chunk.length
        largest = Math.max(largest, chunk.length)
        measure(at++)
      }
      assert.equal(bytes, chunks * chunkBytes)
      assert.equal(found.digest('hex'), expected.digest('hex'))
      assert.ok(largest <= 4 << 20, `a chunk of ${largest} bytes came at once`)
      // Two parts of 8 MiB in flight, and what the platform's streams hold.
      if (!world.holdsBytes) assert.ok(most < 22 << 20, `${(most / (1 << 20)).toFixed(1)} MiB were held for an object of 32 MiB`)
    },
  },
  {
    name: 'a signal that aborts while an object is written ends the put, closes its body and leaves nothing',
    async body(store) {
      const stop = new AbortController()
      const reason = new Error('enough')
      let closed = false
      const long = async function* () {
        try {
          for (let chunk = 0; chunk < 500; chunk++) {
            if (chunk === 5) stop.abort(reason)
            await pause(1)
            yield new Uint8Array(1000)
          }
        } finally {
          closed = true
        }
      }
      assert.equal(await failureOf(store.put('a', long(), { signal: stop.signal }), 'a put after the signal'), reason)
      assert.ok(closed, 'the body was not closed')
      assert.deepEqual(await keysOf(store), [])
    },
  },
  {
    name: 'an object is assembled from bytes and other objects, in their order, and those stay',
    async body(store) {
      await store.put('parts/1', bytesOf('one,'))
      await store.put('parts/2', bytesOf('two,'))
      const pieces = [
        { bytes: bytesOf('head,') },
        { key: 'parts/2' },
        { key: 'parts/1' },
        { bytes: bytesOf('x') },
        { key: 'parts/2' },
      ]
      const info = await store.assemble('whole', pieces)
      assert.equal(await textOf(store, 'whole'), 'head,two,one,xtwo,')
      assert.equal(info.bytes, 18)
      assert.equal((await store.head('whole'))?.etag, info.etag)
      assert.deepEqual(await keysOf(store), ['parts/1', 'parts/2', 'whole'])
    },
  },
  {
    name: 'an object is assembled from large and small pieces, with and without parts that may be copied as they are',
    async body(store) {
      await store.put('large', new Uint8Array(6 << 20).fill(1))
      await store.put('small', new Uint8Array(1000).fill(2))
      const pieces = [
        { key: 'small' },
        { key: 'large' },
        { key: 'large' },
        { bytes: bytesOf('between') },
        { key: 'small' },
        { key: 'large' },
      ]
      await store.assemble('whole', pieces)
      const found: string[] = []
      for await (const chunk of (await store.get('whole')).body)
        for (const byte of runsOf(chunk)) if (found.at(-1) !== byte) found.push(byte)
      assert.deepEqual(found, ['2', '1', ...[...bytesOf('between')].map(String).filter((v, i, a) => v !== a[i - 1]), '2', '1'])
      assert.equal((await store.head('whole'))?.bytes, 3 * (6 << 20) + 2000 + 7)
    },
  },
  {
    name: 'assembling nothing makes an empty object',
    async body(store) {
      assert.equal((await store.assemble('empty', [])).bytes, 0)
      assert.equal(await textOf(store, 'empty'), '')
    },
  },
  {
    name: 'assembling with a piece that is missing, or against its condition, leaves what was there',
    async body(store) {
      const old = await store.put('whole', bytesOf('old'))
      await store.put('piece', bytesOf('new'))
      const missing = store.assemble('whole', [{ key: 'piece' }, { key: 'gone' }])
      isExpected(await failureOf(missing, 'a missing piece'), notFound, 'a missing piece')
      const refused = store.assemble('whole', [{ key: 'piece' }], { condition: 'absent' })
      isExpected(await failureOf(refused, 'assembling over an object'), conflict, 'assembling over an object')
      assert.equal(await textOf(store, 'whole'), 'old')
      await store.assemble('whole', [{ key: 'piece' }], { condition: { etag: old.etag } })
      assert.equal(await textOf(store, 'whole'), 'new')
      const stale = store.assemble('whole', [{ bytes: bytesOf('x') }], { condition: { etag: old.etag } })
      isExpected(await failureOf(stale, 'a stale assembly'), conflict, 'a stale assembly')
    },
  },
]

async function* breaking(error: Error): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 3; chunk++) yield new Uint8Array(400_000)
  throw error
}

async function race(
  store: ObjectStore,
  world: CaseWorld,
  condition: PutCondition,
  body: (index: number) => Uint8Array | AsyncIterable<Uint8Array> = index => new Uint8Array(1000 + index),
): Promise<void> {
  const stores = Array.from({ length: writers }, (_, index) => (index % 2 === 1 ? (world.another?.() ?? store) : store))
  const outcomes = await Promise.allSettled(stores.map((each, index) => each.put('a', body(index), { condition })))
  const won = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  assert.equal(won.length, 1, `${won.length} of ${writers} writers believe to have won`)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected' && !isEtlError(outcome.reason, 'ETL_OBJECT_CONFLICT'))
      isExpected(outcome.reason, conflict, 'losing a race')
  const winner = won[0] as ObjectInfo
  const found = await store.head('a')
  assert.deepEqual([found?.etag, found?.bytes], [winner.etag, winner.bytes])
  assert.deepEqual(await keysOf(store), ['a'])
}

/** The different bytes of a chunk, one for each run of equal ones. */
function runsOf(chunk: Uint8Array): string[] {
  const runs: string[] = []
  for (let at = 0; at < chunk.length; at++) if (at === 0 || chunk[at] !== chunk[at - 1]) runs.push(String(chunk[at]))
  return runs
}
