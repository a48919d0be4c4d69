import { definePipeline, from, type Json, run, type Sink, SinkError, type Split } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { csv, ndjson } from '@millrace/formats'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { memoryStore, type ObjectStore, objectSink, stateOver } from '../src/index.js'
import { partitionOf } from '../src/sink/partitions.js'
import { batch, runContext, split, splitContext } from './support/contexts.js'
import { lines } from './support/formats.js'
import { contents, visible } from './support/stores.js'

interface Row {
  readonly id: number
  readonly year?: number | null
  readonly country?: string
}

async function load<T>(sink: Sink<T>, of: Split, batches: readonly (readonly T[])[], loadId = 'load-1', flush = false) {
  const ctx = runContext({ loadId })
  const writer = await sink.open(splitContext(of, ctx))
  for (const [index, records] of batches.entries()) {
    await writer.write(batch(records, index + 1, `${loadId}/${of.id}`))
    if (flush) await writer.flush()
  }
  const receipt = await writer.commit()
  const publish = () => sink.publish?.({ name: of.id, receipts: [{ split: of, receipt }] }, ctx)
  return { publish, receipt }
}

const appendLines = (store: ObjectStore, objectBytes = 1_000_000) =>
  objectSink<string>({
    store: () => store,
    shown: 'memory:',
    format: lines,
    path: 'log/{startedOn}',
    layout: 'append',
    objectBytes,
  })

describe('appending', () => {
  test('that is refused half-way adds the rest once it may, however often it was refused, and doubles nothing', async () => {
    const store = memoryStore()
    let refusedFrom = 2
    const strict: ObjectStore = {
      ...store,
      put: (key, ...rest) =>
        key.startsWith('log/') && --refusedFrom <= 0
          ? Promise.reject(new SinkError('ETL_SINK_DENIED', 'no'))
          : store.put(key, ...rest),
    }
    const source = () => arraySource<string>({ splits: { a: ['1', '2'], b: ['3'] }, group: 'all', bookmark: 'b1' })
    const pipeline = () => definePipeline({ name: 'app', build: () => from(source()).into(appendLines(strict)) })
    const statuses: string[] = []
    for (let count = 0; count < 3; count++) {
      statuses.push((await run(pipeline(), {}, { state: stateOver(store, '_state') })).status)
      refusedFrom = count === 1 ? Number.POSITIVE_INFINITY : 0
    }

    const lines = Object.values(await visible(store))
      .join('')
      .split('\n')

    expect(statuses).toEqual(['failed', 'failed', 'succeeded'])
    expect(lines.filter(line => /^\d/.test(line)).sort()).toEqual(['1', '2', '3'])
  })

  test('adds objects named after their first batch, complete in themselves, and leaves those of other loads', async () => {
    const store = memoryStore()
    for (const loadId of ['one', 'two'])
      await (await load(appendLines(store), split('s'), [[`${loadId} a`], [`${loadId} b`]], loadId)).publish()

    const objects = await visible(store)

    expect(Object.keys(objects)).toEqual(Array(2).fill(expect.stringMatching(/^log\/2025-02-04\/[0-9a-f]{16}\.txt$/)))
    expect(Object.values(objects).sort()).toEqual(['# begin\none a\none b\n# end\n', '# begin\ntwo a\ntwo b\n# end\n'])
  })

  test('may be published again: what is there is the same', async () => {
    const store = memoryStore()
    const { publish } = await load(appendLines(store), split('s'), [['a']])
    const first = await publish()
    const before = await visible(store)

    const second = await publish()

    expect(first?.objects?.map(each => each.change)).toEqual(['created'])
    expect(second?.objects?.map(each => each.bytes)).toEqual(first?.objects?.map(each => each.bytes))
    expect(await visible(store)).toEqual(before)
  })

  test('is not affected by how often the run flushed', async () => {
    const [often, once] = [memoryStore(), memoryStore()]
    const batches = [['a'], ['b'], [], ['c', 'd']]
    await (await load(appendLines(often), split('s'), batches, 'one', true)).publish()
    await (await load(appendLines(once), split('s'), batches, 'one', false)).publish()

    expect(await visible(often)).toEqual(await visible(once))
  })

  test('is not affected by a flush between records whose fields come in another order, in partitions either', async () => {
    const [often, once] = [memoryStore(), memoryStore()]
    const batches = [[{ p: 'x', a: 1, b: 2 }], [{ b: 4, a: 3, p: 'x' }], [{ b: 6, a: 5, p: 'y' }], [{ p: 'y', a: 7, b: 8 }]]
    const sinkOver = (store: ObjectStore) =>
      objectSink<{ p: string; a: number; b: number }>({
        ...{ store: () => store, shown: 'memory:', format: csv(), path: 'd', layout: 'append', partitionBy: ['p'] },
      })

    await (await load(sinkOver(often), split('s'), batches, 'one', true)).publish()
    await (await load(sinkOver(once), split('s'), batches, 'one', false)).publish()

    expect(Object.values(await visible(once))).toEqual(['a,b\n1,2\n3,4\n', 'b,a\n6,5\n8,7\n'])
    expect(await visible(often)).toEqual(await visible(once))
  })

  test('begins a new object when one is full', async () => {
    const store = memoryStore()
    await (await load(appendLines(store, 10), split('s'), [['aaaa'], ['bbbb'], ['cccc'], ['d']], 'one', true)).publish()

    expect(Object.values(await visible(store)).sort()).toEqual(['# begin\naaaa\nbbbb\n# end\n', '# begin\ncccc\nd\n# end\n'])
  })

  test('writes no object for no records, and has no say in whether old ones are still there', async () => {
    const store = memoryStore()
    const sink = appendLines(store)
    expect((await (await load(sink, split('s'), [[], []])).publish())?.objects).toEqual([])

    expect(await contents(store)).toEqual({})
    expect(sink.stillPublished).toBeUndefined()
    expect(sink.capabilities).toMatchObject({ disposition: 'append', replay: 'idempotent' })
  })
})

describe('partitions', () => {
  const partitioned = (store: ObjectStore, partBytes = 1_000_000) =>
    objectSink<Row>({
      store: () => store,
      shown: 'memory:',
      format: ndjson<Row>(),
      path: 'plants',
      layout: 'append',
      partitionBy: ['year', 'country'],
      partBytes,
    })
  const byFolder = async (store: ObjectStore) => {
    const found: Record<string, Json> = {}
    for (const [key, text] of Object.entries(await visible(store))) {
      const rows = text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Json)
      const folder = key.slice(0, key.lastIndexOf('/'))
      found[folder] = [...((found[folder] as Json[] | undefined) ?? []), ...rows]
    }
    return found
  }

  test('lie in folders as Hive names them, without the fields that name them', async () => {
    const store = memoryStore()
    const rows: Row[] = [
      { id: 1, year: 2024, country: 'NO' },
      { id: 2, year: 2025, country: 'a/b=c' },
      { id: 3, year: null, country: '' },
      { id: 4, year: 2024, country: 'NO' },
      { id: 5 },
    ]
    await (await load(partitioned(store), split('s'), [rows.slice(0, 3), rows.slice(3)])).publish()

    expect(await byFolder(store)).toEqual({
      'plants/year=2024/country=NO': [{ id: 1 }, { id: 4 }],
      'plants/year=2025/country=a%2Fb%3Dc': [{ id: 2 }],
      'plants/year=__HIVE_DEFAULT_PARTITION__/country=__HIVE_DEFAULT_PARTITION__': [{ id: 3 }, { id: 5 }],
    })
  })

  test('more than are kept open at once, and parts of one byte, lose and repeat nothing', async () => {
    const rows: Row[] = Array.from({ length: 1_000 }, (_, id) => ({ id, year: (id * 7) % 150, country: 'x' }))
    const batches = Array.from({ length: 10 }, (_, at) => rows.slice(at * 100, at * 100 + 100))
    for (const partBytes of [1, 1_000_000]) {
      const store = memoryStore()
      await (await load(partitioned(store, partBytes), split('s'), batches)).publish()

      const found = Object.values(await byFolder(store)).flatMap(each => (each as { id: number }[]).map(row => row.id))
      expect(found.sort((a, b) => a - b)).toEqual(rows.map(row => row.id))
    }
  })

  test('of a batch are all durable at the next flush', async () => {
    const store = memoryStore()
    const writer = await partitioned(store).open(splitContext(split('s')))
    await writer.write(
      batch(
        [
          { id: 1, year: 1 },
          { id: 2, year: 2 },
        ],
        1,
      ),
    )

    expect(await writer.flush()).toMatchObject({ batchNo: 1, kept: { records: 2 } })
    expect(Object.values(await contents(store))).toEqual(['{"id":1}\n', '{"id":2}\n'])
  })

  test('cannot be named after a value that is neither text, number, boolean nor date: that row is refused', async () => {
    const writer = await partitioned(memoryStore()).open(splitContext(split('s')))
    const rows = [
      { id: 1, year: 1 },
      { id: 2, year: Number.NaN },
      { id: 3, year: { deep: 1 } },
    ] as unknown as Row[]

    const { rejected } = await writer.write(batch(rows, 1))

    expect(rejected?.map(({ row, error }) => [row, error.code, error.path])).toEqual(
      [1, 2].map(row => [row, 'ETL_RECORD_REFUSED', ['year']]),
    )
  })

  test.each([
    ['a=x y.z-_~ñ/', { a: 'x y.z-_~ñ' }],
    ['a=a%22%23%25%27%2A%2F%3A%3D%3F%5C%7B%5B%5D%5E%01%7F/', { a: 'a"#%\'*/:=?\\{[]^\u0001\u007f' }],
    ['a=true/', { a: true }],
    ['a=12/', { a: 12n }],
    ['a=1970-01-01T00%3A00%3A00.000Z/', { a: new Date(0) }],
    ['a=../', { a: '..' }],
  ])('are called %s', (expected, record) => {
    expect(partitionOf(record, ['a'])).toBe(expected)
  })

  test('that no name can hold reject their records, naming field and value, and the others are written', async () => {
    const store = memoryStore()
    const options = { store: () => store, shown: 'memory:', path: '', layout: 'append' as const, format: ndjson<object>() }
    const writer = await objectSink<object>({ ...options, partitionBy: ['p', 'q'] }).open(splitContext(split('s')))
    const values = ['ok', 'x\ud800', 'y'.repeat(300), '東'.repeat(70), '%'.repeat(70), '東'.repeat(60)]

    const { rejected } = await writer.write(
      batch(
        values.map(p => ({ p, q: 1 })),
        1,
      ),
    )

    expect(rejected?.map(({ row, error }) => [row, error.code, error.path])).toEqual(
      [1, 2, 3, 4].map(row => [row, 'ETL_RECORD_REFUSED', ['p']]),
    )
    expect(rejected?.[0]?.error.message).toMatch(/"p" is "x\\ud800"/)
    expect(rejected?.[1]?.error.message).toMatch(/"p" is "y{40}…"/)
    expect((await writer.commit()) as object).toMatchObject({ records: 2 })
  })

  test('of many fields that would make too long a key together reject their records', () => {
    const fields = ['a', 'b', 'c', 'd', 'e']
    const record = Object.fromEntries(fields.map(field => [field, 'x'.repeat(190)]))

    expect(() => partitionOf(record, fields)).toThrow(/of a, b, c, d, e .* 965 bytes/)
  })

  test('whose field the record schema lacks are refused; columns of the format are those that are left', async () => {
    const schema = z.object({ id: z.int(), year: z.int(), country: z.string() })
    const store = memoryStore()
    const options = { store: () => store, shown: 'memory:', path: '', layout: 'append' as const, format: csv<Row>() }
    const sink = objectSink<Row>({ ...options, partitionBy: ['year'] })
    sink.prepare?.({ pipeline: 'app', schema })
    await (await load(sink, split('s'), [[{ id: 1, year: 2025, country: 'NO' }]])).publish()

    expect(Object.values(await visible(store))).toEqual(['id,country\n1,NO\n'])
    expect(() => objectSink<Row>({ ...options, partitionBy: ['yaer'] }).prepare?.({ pipeline: 'app', schema })).toThrow(
      /names "yaer".*id, year, country/,
    )
  })

  test('are told with the path, the partitions and the format', () => {
    const options = { store: () => memoryStore(), shown: 'file:lake/', format: csv<Row>() }
    const writes = (more: { path: string; latest?: string; layout?: 'append'; partitionBy?: string[] }) =>
      objectSink<Row>({ ...options, ...more }).writes

    expect(writes({ path: '', layout: 'append', partitionBy: ['year', 'country'] })).toBe(
      'file:lake/year=<year>/country=<country>/<batch>.csv, as csv',
    )
    expect(writes({ path: 'orders', layout: 'append' })).toBe('file:lake/orders/<batch>.csv, as csv')
    expect(writes({ path: '{group}/{startedOn}.csv', latest: '{group}/latest.csv' })).toBe(
      'file:lake/{group}/{startedOn}.csv and file:lake/{group}/latest.csv, as csv',
    )
  })

  test('errors that are no refusals are passed on', async () => {
    const broken = {
      ...lines,
      encoder: () => ({
        write: () => {
          throw new TypeError('a bug')
        },
        end: () => ({ bytes: [] }),
      }),
    }
    const sink = objectSink<string>({ store: () => memoryStore(), shown: 'memory:', format: broken, path: 'x', layout: 'append' })
    const writer = await sink.open(splitContext(split('s')))

    await expect(writer.write(batch(['a'], 1))).rejects.toThrow(TypeError)
  })
})
