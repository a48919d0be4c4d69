import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bookmark, Cursor, ObjectSourceOptions, Source, SourceBatch, Split } from '@millrace/etl-core'
import { recordsOf } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import { folderStore, memoryStore, type ObjectStore, objectSource } from '../src/index.js'
import { runContext, splitContext } from './support/contexts.js'
import { bytesOf, lines } from './support/formats.js'
import { tempFolder } from './support/temp.js'

const sourceOf = (store: ObjectStore, options: Partial<ObjectSourceOptions<string>> = {}): Source<string> =>
  objectSource({ store: () => store, shown: 'memory:in', format: lines, ...options })

async function storeWith(texts: Readonly<Record<string, string>>): Promise<ObjectStore> {
  const store = memoryStore()
  for (const [key, text] of Object.entries(texts)) await store.put(key, bytesOf(text))
  return store
}

async function read<T>(source: Source<T>, split: Split, from?: Cursor): Promise<T[]> {
  const records: T[] = []
  for await (const batch of source.read(split, from, splitContext(split))) records.push(...recordsOf(batch.records))
  return records
}

const plan = (source: Source<string>, bookmarks: Readonly<Record<string, Bookmark>> = {}) =>
  source.plan({ ...runContext(), bookmarks: new Map(Object.entries(bookmarks)) })

const files = {
  'a/1.txt': 'one\n',
  'a/2.csv': 'two\n',
  'a/_tmp/3.txt': 'x\n',
  'a/.4.txt': 'x\n',
  'b/5.txt': 'five\n',
  '_millrace/6.txt': 'x\n',
}

describe('planning', () => {
  test('makes one split and one group of each object, passing over hidden ones', async () => {
    const { splits, bookmarks, skipped } = await plan(sourceOf(await storeWith(files)))

    expect(splits.map(each => each.group)).toEqual(['a/1.txt', 'a/2.csv', 'b/5.txt'])
    expect(splits[0]).toMatchObject({
      params: { key: 'a/1.txt', bytes: 4 },
      labels: { key: 'a/1.txt', name: '1.txt', stem: '1' },
    })
    expect(splits.every(each => /^[A-Za-z0-9._-]{1,120}$/.test(each.id))).toBe(true)
    expect(Object.keys(bookmarks ?? {})).toEqual(['a/1.txt', 'a/2.csv', 'b/5.txt'])
    expect(skipped).toEqual([])
  })

  test('takes what begins with the prefix and ends with the suffix', async () => {
    const source = sourceOf(await storeWith(files), { prefix: 'a/', suffix: '.txt' })

    expect((await plan(source)).splits.map(each => each.group)).toEqual(['a/1.txt'])
  })

  test('takes exactly the keys it is given, hidden or not, and a missing one fails alone', async () => {
    const { splits, failed } = await plan(sourceOf(await storeWith(files), { keys: ['_millrace/6.txt', 'gone.txt', 'b/5.txt'] }))

    expect(splits.map(each => each.group)).toEqual(['_millrace/6.txt', 'b/5.txt'])
    expect(failed).toMatchObject([
      { group: 'gone.txt', error: { code: 'ETL_SOURCE_NOT_FOUND', message: expect.stringContaining('memory:in/gone.txt') } },
    ])
  })

  test('skips objects that are as their bookmark says, and takes those that changed', async () => {
    const store = await storeWith({ 'a.txt': 'one\n', 'b.txt': 'two\n' })
    const { bookmarks = {} } = await plan(sourceOf(store))
    await store.put('b.txt', bytesOf('changed\n'))

    const second = await plan(sourceOf(store), bookmarks)

    expect(second.splits.map(each => each.group)).toEqual(['b.txt'])
    expect(second.skipped).toEqual([{ group: 'a.txt', reason: 'unchanged' }])
    expect(second.bookmarks?.['b.txt']).not.toBe(bookmarks['b.txt'])
    expect((await plan(sourceOf(store, { reread: true }), bookmarks)).splits).toHaveLength(2)
  })

  test('gives another version of an object another split id', async () => {
    const store = await storeWith({ 'a.txt': 'one\n' })
    const [before] = (await plan(sourceOf(store))).splits
    await store.put('a.txt', bytesOf('two\n'))

    expect((await plan(sourceOf(store))).splits[0]?.id).not.toBe(before?.id)
  })

  test('an empty place is nothing to do', async () => {
    expect(await plan(sourceOf(memoryStore()))).toEqual({ splits: [], bookmarks: {}, skipped: [], failed: [] })
  })

  test.each([
    ['orders.csv.gz', 'csv.gz', 'orders'],
    ['orders.2025.csv', 'csv', 'orders.2025'],
    ['orders.json', 'csv', 'orders'],
    ['orders', 'csv', 'orders'],
    ['csv', 'csv', 'csv'],
  ])('the stem of %s as %s is %s', async (name, extension, stem) => {
    const source = sourceOf(await storeWith({ [`in/${name}`]: 'x\n' }), { format: { ...lines, extension } })

    expect((await plan(source)).splits[0]?.labels?.stem).toBe(stem)
  })
})

describe('reading', () => {
  test('gives the records of the object, whole or on from a cursor', async () => {
    const text = Array.from({ length: 30_000 }, (_, line) => `line ${line}\n`).join('')
    const source = sourceOf(await storeWith({ 'a.txt': text }))
    const [split] = (await plan(source)).splits as [Split]
    const batches: SourceBatch<string>[] = []
    for await (const batch of source.read(split, undefined, splitContext(split))) batches.push(batch)
    expect(batches.length).toBeGreaterThan(3)

    const rest = await read(source, split, batches[1]?.cursor)

    const all = batches.flatMap(each => recordsOf(each.records))
    expect(all).toHaveLength(30_000)
    expect([...batches.slice(0, 2).flatMap(each => recordsOf(each.records)), ...rest]).toEqual(all)
  })

  test('an object that is another one since the plan is ETL_SOURCE_CHANGED, one that is gone ETL_SOURCE_NOT_FOUND', async () => {
    const store = await storeWith({ 'a.txt': 'one\n' })
    const source = sourceOf(store)
    const [split] = (await plan(source)).splits as [Split]

    await store.put('a.txt', bytesOf('two\n'))
    await expect(read(source, split)).rejects.toMatchObject({ code: 'ETL_SOURCE_CHANGED', context: { place: 'memory:in/a.txt' } })
    await store.delete(['a.txt'])
    await expect(read(source, split)).rejects.toMatchObject({ code: 'ETL_SOURCE_NOT_FOUND', retry: 'never' })
  })

  test('a file that is written into while it is read is ETL_SOURCE_CHANGED', async () => {
    const root = await tempFolder()
    await writeFile(join(root, 'log.txt'), 'line\n'.repeat(100_000))
    const source = sourceOf(folderStore(root))
    const [split] = (await plan(source)).splits as [Split]
    const reading = async () => {
      let first = true
      for await (const _ of source.read(split, undefined, splitContext(split))) {
        if (first) await writeFile(join(root, 'log.txt'), 'more\n', { flag: 'a' })
        first = false
      }
    }

    await expect(reading()).rejects.toMatchObject({ code: 'ETL_SOURCE_CHANGED' })
  })

  test('ranges are of the planned version only', async () => {
    const store = await storeWith({ 'a.txt': '0123456789' })
    const ranged = {
      ...lines,
      decode: async function* (input: Parameters<typeof lines.decode>[0]) {
        yield { records: [`${input.size} ${Buffer.from(await input.range(2, 5)).toString()} ${input.place}`], cursor: 0 }
      },
    }
    const source = sourceOf(store, { format: ranged })
    const [split] = (await plan(source)).splits as [Split]

    expect(await read(source, split)).toEqual(['10 234 memory:in/a.txt'])
    await store.put('a.txt', bytesOf('another'))
    await expect(read(source, split)).rejects.toMatchObject({ code: 'ETL_SOURCE_CHANGED' })
  })

  test('nothing is asked of the store after the signal', async () => {
    const source = sourceOf(await storeWith({ 'a.txt': 'one\n' }))
    const [split] = (await plan(source)).splits as [Split]
    const reason = new Error('enough')
    const ctx = splitContext(split, runContext({ signal: AbortSignal.abort(reason) }))

    await expect(source.read(split, undefined, ctx)[Symbol.asyncIterator]().next()).rejects.toBe(reason)
  })
})

test('what decides the records is in the identity', async () => {
  const store = memoryStore()
  const identities = [{}, { prefix: 'a' }, { suffix: '.csv' }, { keys: ['a'] }, { identity: 1 }].map(
    each => sourceOf(store, each).identity,
  )

  expect(new Set(identities.map(each => JSON.stringify(each))).size).toBe(5)
  const semicolons = objectSource({ store: () => store, shown: 'memory:in', format: csv({ delimiter: ';' }) })
  const commas = objectSource({ store: () => store, shown: 'memory:in', format: csv() })
  expect(semicolons.identity).not.toEqual(commas.identity)
})

test('options that contradict each other are refused before anything is read', () => {
  expect(() => sourceOf(memoryStore(), { keys: ['../a', 'b', 'b'], prefix: 'x' })).toThrow(/"keys" says which.*twice.*"\.\.\/a"/s)
})
