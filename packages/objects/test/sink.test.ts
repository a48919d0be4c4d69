import type { Checkpoint, Group, Json, ObjectSinkOptions, RunContext, Sink, Split, StateStore } from '@millrace/etl-core'
import { holders } from '@millrace/etl-testkit'
import { csv } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import { folderStore, memoryStore, type ObjectStore, objectSink } from '../src/index.js'
import { batch, runContext, split, splitContext } from './support/contexts.js'
import { bytesOf, counted, lines } from './support/formats.js'
import { contents, visible } from './support/stores.js'
import { tempFolder, treeOf } from './support/temp.js'

type Options = Partial<ObjectSinkOptions<string>> & { readonly partBytes?: number }

const sinkOf = (store: ObjectStore, options: Options = {}): Sink<string> =>
  objectSink({ store: () => store, shown: 'memory:here', format: lines, path: '{group}.txt', ...options })

/** Writes all batches of a split in one go. */
async function write(sink: Sink<string>, of: Split, batches: readonly (readonly string[])[], ctx = runContext()): Promise<Json> {
  const writer = await sink.open(splitContext(of, ctx))
  for (const [index, records] of batches.entries()) await writer.write(batch(records, index + 1, of.id))
  return writer.commit()
}

/** One load of one group, from survey to discard. */
async function load(sink: Sink<string>, of: Split, batches: readonly (readonly string[])[], ctx: RunContext = runContext()) {
  const found = (await sink.survey?.([of], ctx)) as Json
  const receipt = await write(sink, of, batches, ctx)
  const published = await sink.publish?.({ name: of.group ?? of.id, receipts: [{ split: of, receipt }], found }, ctx)
  await sink.discard?.(ctx.load.loadId, ctx)
  return published?.objects
}

const plant = split('plant-1', 'plants', { plant: 'p1', day: '2025-02-03' })

describe('publishing', () => {
  test('makes one object of a group, under its dated and its latest name, and nothing before that', async () => {
    const store = memoryStore()
    const sink = sinkOf(store, { path: '{plant}/{day}/{group}-{loadId}-{startedOn}.{ext}', latest: '{plant}/latest.{ext}' })
    const receipt = await write(sink, plant, [['a'], ['b', 'c']])
    expect(await visible(store)).toEqual({})

    const published = await sink.publish?.({ name: 'plants', receipts: [{ split: plant, receipt }] }, runContext())

    const text = '# begin\na\nb\nc\n# end\n'
    expect(await visible(store)).toEqual({ 'p1/2025-02-03/plants-load-1-2025-02-04.txt': text, 'p1/latest.txt': text })
    expect(published?.objects).toEqual([
      { place: 'memory:here/p1/2025-02-03/plants-load-1-2025-02-04.txt', bytes: text.length, change: 'created' },
      { place: 'memory:here/p1/latest.txt', bytes: text.length, change: 'created' },
    ])
  })

  test('puts the splits of a group one behind the other, in the order of the plan', async () => {
    const store = memoryStore()
    const sink = sinkOf(store, { format: counted(2) })
    const [second, first] = [
      await write(sink, split('s2', 'all'), [['c']]),
      await write(sink, split('s1', 'all'), [['a', 'b'], ['bb']]),
    ]
    const receipts = [
      { split: split('s1', 'all'), receipt: first },
      { split: split('s2', 'all'), receipt: second },
    ]

    await sink.publish?.({ name: 'all', receipts }, runContext())

    const units = ['a\nb\nend of unit\n', 'bb\nend of unit\n', 'c\nend of unit\n']
    expect((await visible(store))['all.txt']).toBe(`head\n${units.join('----\n')}[[16,2,1],[15,1,2],[14,1,1]]\n`)
  })

  test('leaves an object untouched that already holds exactly this content', async () => {
    const store = folderStore(await tempFolder())
    const before = await load(sinkOf(store), plant, [['a']], runContext({ loadId: 'one' }))
    const etag = (await store.head('plants.txt'))?.etag

    const again = await load(sinkOf(store), plant, [['a']], runContext({ loadId: 'two' }))

    expect([before?.[0]?.change, again?.[0]?.change]).toEqual(['created', 'same'])
    expect((await store.head('plants.txt'))?.etag).toBe(etag)
  })

  test('replaces what the load found, and says so', async () => {
    const store = memoryStore()
    await load(sinkOf(store), plant, [['old']], runContext({ loadId: 'one' }))

    expect((await load(sinkOf(store), plant, [['new']], runContext({ loadId: 'two' })))?.[0]?.change).toBe('replaced')
    expect(await visible(store)).toEqual({ 'plants.txt': '# begin\nnew\n# end\n' })
  })

  test.each(['where nothing was', 'over an older object'])('refuses what someone wrote since the load began: %s', async where => {
    const store = memoryStore()
    if (where !== 'where nothing was') await store.put('plants.txt', bytesOf('old'))
    const sink = sinkOf(store)
    const found = (await sink.survey?.([plant], runContext())) as Json
    const receipt = await write(sink, plant, [['mine']])
    await store.put('plants.txt', bytesOf('newer'))

    const publishing = sink.publish?.({ name: 'plants', receipts: [{ split: plant, receipt }], found }, runContext())

    await expect(publishing).rejects.toMatchObject({
      code: 'ETL_OBJECT_CONFLICT',
      message: expect.stringContaining('"plants.txt" in memory:'),
    })
    expect(await visible(store)).toEqual({ 'plants.txt': 'newer' })
  })

  test('an owner that was succeeded cannot put its older data back', async () => {
    const store = memoryStore()
    const zombie = sinkOf(store)
    const [slow, quick] = [runContext({ loadId: 'slow' }), runContext({ loadId: 'quick', epoch: 2 })]
    const found = (await zombie.survey?.([plant], slow)) as Json
    const receipt = await write(zombie, plant, [['older']], slow)
    await load(sinkOf(store), plant, [['newer']], quick)

    const late = zombie.publish?.({ name: 'plants', receipts: [{ split: plant, receipt }], found }, slow)

    await expect(late).rejects.toMatchObject({ code: 'ETL_OBJECT_CONFLICT', retry: 'never' })
    expect(await visible(store)).toEqual({ 'plants.txt': '# begin\nnewer\n# end\n' })
  })

  test('a group without records is an object without records', async () => {
    const store = memoryStore()
    await load(sinkOf(store), plant, [[], []])

    expect(await visible(store)).toEqual({ 'plants.txt': '# begin\n# end\n' })
  })

  test('a staged part that is gone or damaged is found before anything is visible', async () => {
    const store = memoryStore()
    const sink = sinkOf(store)
    const group: Group = { name: 'plants', receipts: [{ split: plant, receipt: await write(sink, plant, [['a']]) }] }
    const [part] = Object.keys(await contents(store)) as [string]
    await store.put(part, bytesOf('longer than it was'))
    await expect(sink.publish?.(group, runContext())).rejects.toMatchObject({ code: 'ETL_STAGING_DAMAGED' })
    await store.delete([part])

    await expect(sink.publish?.(group, runContext())).rejects.toMatchObject({ code: 'ETL_OBJECT_NOT_FOUND' })
    expect(await visible(store)).toEqual({})
  })

  test('an object larger than is held at once is assembled in the store from its parts', async () => {
    const store = folderStore(await tempFolder())
    const text = 'x'.repeat(999)
    const batches = Array.from({ length: 20 }, (_, at) => Array.from({ length: 500 }, (_, row) => `${at}.${row}${text}`))

    await load(sinkOf(store, { latest: 'latest.txt' }), plant, batches)

    const all = await visible(store)
    expect(all['plants.txt']).toBe(`# begin\n${batches.flat().join('\n')}\n# end\n`)
    expect(all['latest.txt'] === all['plants.txt']).toBe(true)
  })
})

describe('what was published', () => {
  const published = async (store: ObjectStore) => {
    await load(sinkOf(store, { latest: 'latest.txt' }), plant, [['a', 'b']])
    return (of = store) => sinkOf(of).stillPublished?.('plants', runContext())
  }

  test('is in a manifest with its load, sizes and checksums', async () => {
    const store = memoryStore()
    await published(store)
    const [key] = Object.keys(await contents(store)).filter(each => each.includes('/manifests/plants-')) as [string]

    expect(JSON.parse((await contents(store))[key] as string)).toMatchObject({
      group: 'plants',
      loadId: 'load-1',
      records: 2,
      splits: [{ split: 'plant-1', parts: 1, records: 2 }],
      objects: [
        { key: 'plants.txt', bytes: 18 },
        { key: 'latest.txt', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
      publishedAtMs: runContext().load.startedAtMs,
    })
  })

  test('is still there as long as nobody changes or removes it', async () => {
    const store = memoryStore()
    const still = await published(store)
    expect(await still()).toBe(true)

    await store.put('latest.txt', bytesOf('# begin\na\nX\n# end\n'))
    expect(await still()).toBe(false)
    await store.delete(['latest.txt'])
    expect(await still()).toBe(false)
    expect(await sinkOf(store).stillPublished?.('another group', runContext())).toBe(false)
  })

  test('is still there after the folder was copied, which changes every etag', async () => {
    const store = folderStore(await tempFolder())
    const still = await published(store)
    const copy = folderStore(await tempFolder())
    for await (const { key } of store.list('')) await copy.put(key, (await store.get(key)).body)
    expect((await copy.head('plants.txt'))?.etag).not.toBe((await store.head('plants.txt'))?.etag)

    expect(await still(copy)).toBe(true)
    await copy.put('plants.txt', bytesOf('# begin\na\nX\n# end\n'))
    expect(await still(copy)).toBe(false)
  })

  test('is read in a copied folder until something is published there, and never written to before', async () => {
    const store = folderStore(await tempFolder())
    for (const group of ['one', 'two']) await load(sinkOf(store), split(group), [['a']], runContext({ loadId: group }))
    const copy = folderStore(await tempFolder())
    for await (const { key } of store.list('')) await copy.put(key, (await store.get(key)).body)
    let read: string[] = []
    const watched: ObjectStore = {
      ...copy,
      get: (key, options) => {
        if (!key.startsWith('_')) read.push(key)
        return copy.get(key, options)
      },
    }
    const run = async (publishes?: string) => {
      read = []
      const sink = sinkOf(watched)
      const still = [await sink.stillPublished?.('one', runContext()), await sink.stillPublished?.('two', runContext())]
      const looked = read
      if (publishes) await load(sink, split(publishes), [['new']], runContext({ loadId: 'new' }))
      return { still, looked }
    }
    const before = await contents(copy)

    expect(await run()).toEqual({ still: [true, true], looked: ['one.txt', 'two.txt'] })
    expect(await contents(copy)).toEqual(before)
    expect(await run('two')).toEqual({ still: [true, true], looked: ['one.txt', 'two.txt'] })
    expect(await run()).toEqual({ still: [true, true], looked: [] })
  })

  test('leaves no trace of its staging', async () => {
    const root = await tempFolder()
    await load(sinkOf(folderStore(root)), plant, [['a']])

    expect(await treeOf(root)).toEqual([
      '_millrace/',
      '_millrace/app/',
      '_millrace/app/manifests/',
      expect.stringMatching(/^_millrace\/app\/manifests\/plants-[0-9a-f]{12}\.json$/),
      '_millrace/owners/',
      expect.stringMatching(/^_millrace\/owners\/[0-9a-f]{32}\.json$/),
      '_millrace/tmp/',
      'plants.txt',
    ])
  })

  test('discarding a load leaves other loads and what is visible alone, and may be repeated', async () => {
    const store = memoryStore()
    const sink = sinkOf(store)
    await load(sink, plant, [['kept']], runContext({ loadId: 'old' }))
    await write(sink, plant, [['a']], runContext({ loadId: 'a' }))
    await write(sink, plant, [['b']], runContext({ loadId: 'a-b' }))

    await sink.discard?.('a', runContext())
    await sink.discard?.('a', runContext())

    const staged = Object.keys(await contents(store)).filter(key => key.includes('/staging/'))
    expect(staged).toEqual([expect.stringContaining('/staging/a-b/')])
    expect(await visible(store)).toEqual({ 'plants.txt': '# begin\nkept\n# end\n' })
  })
})

describe('a writer', () => {
  test('flushes what was written, and one that goes on from there writes the rest', async () => {
    const store = memoryStore()
    const sink = sinkOf(store)
    const first = await sink.open(splitContext(plant))
    await first.write(batch(['a'], 1))
    const checkpoint = (await first.flush()) as Checkpoint
    await first.write(batch(['lost'], 2))
    await first.suspend()

    const ctx = runContext({ epoch: 2 })
    const second = await sink.open(splitContext(plant, ctx, checkpoint))
    expect(await second.flush()).toEqual(checkpoint)
    await second.write(batch(['b'], 2))
    const receipt = await second.commit()
    await sink.publish?.({ name: 'plants', receipts: [{ split: plant, receipt }] }, ctx)

    expect(checkpoint.batchNo).toBe(1)
    expect((await visible(store))['plants.txt']).toBe('# begin\na\nb\n# end\n')
  })

  test('goes on with what its format inferred from the first records', async () => {
    const store = memoryStore()
    const sink = objectSink<object>({ store: () => store, shown: 'memory:', format: csv(), path: '{group}.csv' })
    const first = await sink.open(splitContext(plant))
    await first.write(batch([{ a: 1, b: 2 }], 1))
    const checkpoint = (await first.flush()) as Checkpoint
    await first.suspend()

    const ctx = runContext({ epoch: 2 })
    const second = await sink.open(splitContext(plant, ctx, checkpoint))
    await second.write(batch([{ b: 4, a: 3 }], 2))
    await sink.publish?.({ name: 'plants', receipts: [{ split: plant, receipt: await second.commit() }] }, ctx)

    expect(await visible(store)).toEqual({ 'plants.csv': 'a,b\n1,2\n3,4\n' })
  })

  test('acknowledges nothing of a unit that is not full, and then the batch that filled it', async () => {
    const writer = await sinkOf(memoryStore(), { format: counted(4), partBytes: 5 }).open(splitContext(plant))
    const flushed = async (records: readonly string[], batchNo: number) => {
      await writer.write(batch(records, batchNo))
      return (await writer.flush())?.batchNo
    }

    expect(await writer.flush()).toBeUndefined()
    expect(await flushed([], 1)).toBe(1)
    expect(await flushed(['a', 'b', 'c'], 2)).toBe(1)
    expect(await flushed(['d', 'e'], 3)).toBe(3)
    expect(await flushed([], 4)).toBe(4)
    expect(await flushed(['f'], 5)).toBe(4)
  })

  test('names the rows its format refuses and writes the others in their order', async () => {
    const store = memoryStore()
    const sink = sinkOf(store)
    const writer = await sink.open(splitContext(plant))

    const result = await writer.write(batch(['a', 'b!', 'c', 'd!', 'e!', 'f'], 1))
    const receipt = await writer.commit()
    await sink.publish?.({ name: 'plants', receipts: [{ split: plant, receipt }] }, runContext())

    expect(result.rejected?.map(({ row, error }) => [row, error.code])).toEqual([1, 3, 4].map(row => [row, 'ETL_RECORD_REFUSED']))
    expect((await visible(store))['plants.txt']).toBe('# begin\na\nc\nf\n# end\n')
  })

  test('holds no more than a part, and what is left of the last batch', async () => {
    const sizes: number[] = []
    const store = memoryStore()
    const counting: ObjectStore = {
      ...store,
      async put(key, body, options) {
        const info = await store.put(key, body, options)
        sizes.push(info.bytes)
        return info
      },
    }
    await write(
      sinkOf(counting, { partBytes: 100 }),
      plant,
      Array.from({ length: 50 }, () => ['0123456789', '0123456789']),
    )

    expect(sizes).toHaveLength(10)
    expect(Math.max(...sizes)).toBeLessThan(100 + 22)
  })

  test('holds no chunk any more that the store has taken, so that a store may put them together', async () => {
    const { show, held } = holders()
    const format: typeof lines = {
      ...lines,
      encoder: before => {
        const encoder = lines.encoder(before)
        return { ...encoder, write: async rows => (await encoder.write(rows)).map(chunk => show(chunk)) }
      },
    }
    const left: number[] = []
    const memory = memoryStore()
    const store: ObjectStore = {
      ...memory,
      put: (key, body, options) =>
        memory.put(
          key,
          (async function* () {
            for await (const chunk of body as AsyncIterable<Uint8Array>) {
              left.push(await held())
              yield Buffer.from(chunk)
            }
          })(),
          options,
        ),
    }

    const receipt = await write(
      sinkOf(store, { format }),
      plant,
      Array.from({ length: 12 }, (_, at) => [`record ${at}`]),
    )

    expect(left).toHaveLength(12)
    for (const [taken, count] of left.entries()) expect(count).toBeLessThanOrEqual(12 - taken + 1)
    expect(receipt).toMatchObject({ records: 12 })
  })

  test('stores nothing more after a part was lost: what comes after it would be without it', async () => {
    const memory = memoryStore()
    let puts = 0
    const store: ObjectStore = {
      ...memory,
      put: async (key, body, options) => {
        if (++puts === 1) throw new Error('away')
        return memory.put(key, body, options)
      },
    }
    const writer = await sinkOf(store).open(splitContext(plant))
    for (const [index, text] of ['a', 'b'].entries()) await writer.write(batch([text], index + 1))
    await expect(writer.flush()).rejects.toThrow('away')
    await writer.write(batch(['c'], 3)).catch(() => undefined)

    await expect(writer.flush()).rejects.toThrow('away')
    await expect(writer.commit()).rejects.toThrow('away')
    expect(await contents(memory)).toEqual({})
  })

  test('adds to what another writer of the same split staged, and never overwrites it', async () => {
    const store = memoryStore()
    const sink = sinkOf(store)
    const receipts = await Promise.all([write(sink, plant, [['a']]), write(sink, plant, [['bb']])])
    expect(Object.values(await contents(store)).sort()).toEqual(['a\n', 'bb\n'])

    await sink.publish?.({ name: 'plants', receipts: [{ split: plant, receipt: receipts[0] as Json }] }, runContext())

    expect(await visible(store)).toEqual({ 'plants.txt': '# begin\na\n# end\n' })
  })

  test.each(['commit', 'suspend', 'abort'] as const)('refuses every call after %s', async end => {
    const writer = await sinkOf(memoryStore()).open(splitContext(plant))
    await writer.write(batch(['a'], 1))
    await writer[end](undefined)

    const calls = [
      () => writer.write(batch(['b'], 2)),
      () => writer.flush(),
      () => writer.commit(),
      () => writer.suspend(),
      () => writer.abort(0),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ETL_SINK_CLOSED' })
  })

  test('may be aborted after its commit failed', async () => {
    const store: ObjectStore = { ...memoryStore(), put: () => Promise.reject(new Error('away')) }
    const writer = await sinkOf(store).open(splitContext(plant))
    await writer.write(batch(['a'], 1))
    await expect(writer.commit()).rejects.toThrow('away')

    await writer.abort(new Error('away'))
  })

  test('ends a write that waits for a stalled store when the signal comes', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const stalled: ObjectStore = {
      ...memoryStore(),
      put: (_key, _body, options) =>
        new Promise((_, reject) =>
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true }),
        ),
    }
    const ctx = runContext({ signal: stop.signal })
    const writer = await sinkOf(stalled, { partBytes: 1 }).open(splitContext(plant, ctx))
    const writing = writer.write(batch(['a'], 1))

    stop.abort(reason)

    await expect(writing).rejects.toBe(reason)
  })
})

describe('paths', () => {
  const keyFor = async (path: string, labels: Record<string, string>, group = 'g') => {
    const store = memoryStore()
    await load(sinkOf(store, { path }), split('s', group, labels), [['a']])
    return Object.keys(await visible(store))
  }

  test('keep a label within its place, whatever it holds', async () => {
    const hash = '[0-9a-f]{8}'
    const expectKey = async (path: string, labels: Record<string, string>, expected: string) =>
      expect(await keyFor(path, labels)).toEqual([expect.stringMatching(new RegExp(`^${expected.replaceAll('#', hash)}$`))])

    await expectKey('{a}/{b}/x.txt', { a: '../../etc', b: '..' }, '\\.\\.-\\.\\.-etc-#/---#/x.txt')
    await expectKey('{a}{b}/x.txt', { a: '.', b: '.' }, '--#--#/x.txt')
    await expectKey('{a}.txt', { a: 'a/b\\c\0d\ne' }, 'a-b-c-d-e-#.txt')
    await expectKey('x{a}/{b}.txt', { a: '', b: 'ñ 東京' }, 'x-#/ñ 東京.txt')
    await expectKey('{a}.txt', { a: '東'.repeat(100) }, '東{60}-#.txt')
  })

  test('differ for labels that differ, whatever cannot be in a name', async () => {
    const labels = [
      'a/b',
      'a-b',
      'a\\b',
      'a\nb',
      'a\ud800b',
      'a\ud801b',
      '',
      '.',
      '..',
      '-',
      '--',
      'x'.repeat(300),
      'x'.repeat(301),
    ]
    const keys = await Promise.all(labels.map(a => keyFor('{a}.txt', { a })))

    expect(new Set(keys.flat()).size).toBe(labels.length)
  })

  test('name the fields that are known when one is not', async () => {
    const expected = {
      code: 'ETL_CONFIG_INVALID',
      message: expect.stringContaining('{plant}, {day}, {group}, {loadId}, {startedOn}, {ext}'),
    }
    const sink = sinkOf(memoryStore(), { path: '{plnt}.csv' })

    await expect(sink.survey?.([plant], runContext())).rejects.toMatchObject(expected)
    await expect(sink.open(splitContext(plant))).rejects.toMatchObject(expected)
  })

  test('that two groups of a load share are refused before anything is written', async () => {
    const sink = sinkOf(memoryStore(), { path: '{group}.txt', latest: 'latest.txt' })
    await sink.survey?.([split('a')], runContext())

    await expect(sink.survey?.([split('b')], runContext())).rejects.toMatchObject({
      code: 'ETL_CONFIG_INVALID',
      message: expect.stringContaining('"a" and "b" would both be written to "latest.txt" in memory:here.'),
    })
    await sink.survey?.([split('b')], runContext({ loadId: 'another load' }))
  })

  test('that the splits of one group fill differently are refused', async () => {
    const splits = [split('s1', 'g', { day: '1' }), split('s2', 'g', { day: '2' })]

    await expect(sinkOf(memoryStore(), { path: '{day}.txt' }).survey?.(splits, runContext())).rejects.toMatchObject({
      code: 'ETL_CONFIG_INVALID',
    })
  })

  test('into the folder of staging and state are refused', async () => {
    await expect(keyFor('{group}/x', {}, '_millrace')).rejects.toMatchObject({ code: 'ETL_CONFIG_INVALID' })
  })

  test('and options that cannot be are refused all at once, before anything is read', () => {
    const make = () => sinkOf(memoryStore(), { path: '/{a', latest: 'x//y', partitionBy: ['a', 'a'] })

    expect(make).toThrow(/"path".*"latest".*"partitionBy" goes with layout "append" only; "partitionBy" names a field twice/s)
  })
})

test('state lies with the data, apart for each pipeline, and nothing is opened before it is used', async () => {
  let opened = 0
  const store = memoryStore()
  const sink = objectSink({
    store: () => {
      opened++
      return store
    },
    shown: 'memory:',
    format: lines,
    path: 'x',
  })
  const state = sink.home?.state('app') as StateStore
  expect(opened).toBe(0)

  await state.save('head', 1, 'absent')

  expect(Object.keys(await contents(store))).toEqual(['_millrace/app/state/head.json'])
  expect(await sink.home?.state('other').load('head')).toBeUndefined()
  expect(opened).toBe(1)
})

test('the layout for the fingerprint names the format as it was prepared', () => {
  const prepared = { ...lines, layout: { format: 'lines', columns: ['a'] } }
  const sink = sinkOf(memoryStore(), { format: { ...lines, prepare: () => prepared }, path: 'p/{group}', latest: 'l' })
  sink.prepare?.({ pipeline: 'app' })

  expect(sink.layout).toEqual({ layout: 'object', path: 'p/{group}', latest: 'l', partitionBy: [], format: prepared.layout })
  expect(sink.capabilities).toEqual({ disposition: 'replace', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' })
})
