import { definePipeline, type Format, from, move, run, type Source } from '@millrace/etl-core'
import { type CrashWorld, describeCrashes } from '@millrace/etl-testkit'
import { csv, gzip, ndjson, parquet } from '@millrace/formats'
import { column } from '@millrace/schema'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { memoryStore, type ObjectStore, objectSink, stateOver } from '../src/index.js'

const reading = z.object({
  id: column.int64(),
  plant: z.string(),
  taken_at: column.timestamp(6),
  hour: z.string(),
  moisture: z.number().nullable(),
  price: column.decimal(18, 4).nullable(),
})
type Reading = z.infer<typeof reading>

const awkward = ['Dragon tree,', 'a "quoted" one', 'line\nbreak', 'Côte d’Ivoire 🌱', '']
const readingOf = (id: number): Reading => ({
  id: BigInt(id) + 9007199254740992n,
  plant: awkward[id % awkward.length] as string,
  taken_at: `2026-01-26T${String(10 + (id % 3))}:16:04${id % 2 === 0 ? '.703006' : ''}Z`,
  hour: String(10 + (id % 3)),
  moisture: id % 4 === 0 ? null : 1 / 3 + id,
  price: id % 4 === 1 ? null : `${id}.50`,
})

/** Rows by id. What is read is fixed in the plan. */
function tableSource(rows: Map<string, Reading>, removing: () => void = () => {}): Source<Reading> {
  const ids = () => [...rows.keys()].sort()
  return {
    name: 'table',
    capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: rows.size === 0 ? [] : [{ id: 'all', params: ids().at(-1) as string }] }),
    async *read(split, after) {
      const some = ids().filter(id => id <= String(split.params) && id > String(after ?? ''))
      for (let at = 0; at < some.length; at += 2) {
        const batch = some.slice(at, at + 2)
        yield { records: batch.flatMap(id => rows.get(id) ?? []), cursor: batch.at(-1) as string }
      }
    },
    revive: raw => ({ ...(raw as unknown as Reading), id: BigInt((raw as { id: string }).id) }),
    removal: {
      key: ['id'],
      async remove(keys) {
        removing()
        return keys.filter(([id]) => rows.delete(String(id))).length
      },
    },
  }
}

const table = (count: number) =>
  new Map(Array.from({ length: count }, (_, index) => readingOf(index)).map(row => [row.id.toString(), row] as const))

const archiveSink = (store: ObjectStore, format: Format<Reading>, partitions: boolean) =>
  objectSink<Reading>({
    store: () => store,
    shown: 'memory:archive',
    format,
    path: 'readings',
    layout: 'append',
    ...(partitions ? { partitionBy: ['hour'] } : {}),
  })

const formats: readonly (readonly [string, () => Format<Reading>])[] = [
  ['csv', () => csv<Reading>()],
  ['gzip csv', () => gzip(csv<Reading>())],
  ['ndjson', () => ndjson<Reading>()],
  ['parquet', () => parquet<Reading>()],
]

it.each(
  formats.flatMap(([name, format]) =>
    [false, true].map(partitions => [name, partitions ? 'partitions' : 'one folder', format] as const),
  ),
)('a move into %s, %s, reads back what it wrote, value by value', async (_, layout, format) => {
  const rows = table(11)
  const store = memoryStore()
  const build = () => move(from(tableSource(rows)).validate(reading), archiveSink(store, format(), layout === 'partitions'))

  const report = await run(definePipeline({ name: 'archive', build }), undefined, { state: stateOver(store, '_millrace/state') })

  expect(report.error).toBeUndefined()
  expect(report).toMatchObject({ status: 'succeeded', groups: [{ removed: 11 }] })
  expect(rows.size).toBe(0)
})

it('a flow without a record schema cannot be compared, and nothing is removed', async () => {
  const rows = table(2)
  const store = memoryStore()
  const build = () => move(tableSource(rows), archiveSink(store, csv<Reading>(), false))

  const report = await run(definePipeline({ name: 'archive', build }), undefined, { state: stateOver(store, '_millrace/state') })

  expect(report.error).toMatchObject({ code: 'ETL_CONFIG_INVALID', message: expect.stringContaining('validate(schema)') })
  expect(rows.size).toBe(2)
})

/** Rows in the archive's objects, and in the table: every row must be somewhere at every moment, and no object may hold one twice. */
function movingWorld(): CrashWorld<Reading> {
  const rows = table(5)
  const all = [...rows.keys()].sort()
  const store = memoryStore()
  const archived = async () => {
    const ids: string[] = []
    for await (const { key } of store.list('readings/')) {
      const chunks: Uint8Array[] = []
      for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
      for (const line of Buffer.concat(chunks).toString().split('\n')) if (line) ids.push(JSON.parse(line).id)
    }
    return ids.sort()
  }
  return {
    open: ({ objects }) => ({
      source: tableSource(rows),
      sink: archiveSink(objects(store), ndjson<Reading>(), true),
      state: stateOver(objects(store), '_millrace/state'),
    }),
    async read() {
      expect(rows.size).toBe(0)
      return archived()
    },
    async always() {
      const ids = await archived()
      expect(new Set(ids).size, 'a row was archived twice').toBe(ids.length)
      expect([...new Set([...ids, ...rows.keys()])].sort(), 'a row is in neither place').toEqual(all)
    },
  }
}

describeCrashes<Reading>('a move into partitions', {
  build: movingWorld,
  steps: flow => flow.validate(reading),
  into: (flow, sink) => move(flow, sink, { removeRows: 2 }),
  expected: [...table(5).keys()].sort(),
  kinds: ['crash', 'stop', 'outage', 'pause', 'company'],
  trigger: null,
  ...(process.env.MILLRACE_TEST_LONG ? {} : { maxPoints: 30 }),
})
