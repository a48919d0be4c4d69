import { definePipeline, type Format, from, move, run } from '@millrace/etl-core'
import { describeMove, type MoveWorld, memoryTable } from '@millrace/etl-testkit'
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

const table = (count: number) =>
  memoryTable<Reading>({ key: ['id'], rows: Array.from({ length: count }, (_, index) => readingOf(index)) })

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
  const build = () => move(from(rows).validate(reading), archiveSink(store, format(), layout === 'partitions'))

  const report = await run(definePipeline({ name: 'archive', build }), undefined, { state: stateOver(store, '_millrace/state') })

  expect(report.error).toBeUndefined()
  expect(report).toMatchObject({ status: 'succeeded', groups: [{ removed: 11 }] })
  expect(rows.rows()).toEqual([])
})

it('a flow without a record schema cannot be compared, and nothing is removed', async () => {
  const rows = table(2)
  const store = memoryStore()
  const build = () => move(rows, archiveSink(store, csv<Reading>(), false))

  const report = await run(definePipeline({ name: 'archive', build }), undefined, { state: stateOver(store, '_millrace/state') })

  expect(report.error).toMatchObject({ code: 'ETL_CONFIG_INVALID', message: expect.stringContaining('validate(schema)') })
  expect(rows.rows()).toHaveLength(2)
})

/** The objects that a reader finds, in the order of their keys. */
async function* objectsIn(store: ObjectStore): AsyncGenerator<{ readonly key: string; readonly text: string }> {
  for await (const { key } of store.list('readings/')) {
    const chunks: Uint8Array[] = []
    for await (const chunk of (await store.get(key)).body) chunks.push(chunk)
    yield { key, text: Buffer.concat(chunks).toString() }
  }
}

const old = '2026-01-27'

/** Hour by hour, as newline-delimited JSON. */
describeMove<Reading, MoveWorld<Reading>>('a move into partitions', {
  record: readingOf,
  young: id => ({ ...readingOf(id), taken_at: `${old}T00:00:00Z` }),
  tampers: true,
  steps: flow => flow.validate(reading),
  ...(process.env.MILLRACE_TEST_LONG ? {} : { maxPoints: 20, sample: 11 }),
  open() {
    let cutOff = old
    const source = memoryTable<Reading>({ key: ['id'], waits: ({ taken_at }) => taken_at >= cutOff })
    const store = memoryStore()
    return {
      open: ({ objects }) => ({
        source,
        sink: archiveSink(objects(store), ndjson<Reading>(), true),
        state: stateOver(objects(store), '_millrace/state'),
      }),
      add: source.add,
      left: source.rows,
      async moved() {
        const found: Reading[] = []
        for await (const { key, text } of objectsIn(store)) {
          const hour = /hour=(\d+)/.exec(key)?.[1]
          for (const line of text.split('\n').filter(line => line !== '')) {
            const { id, ...row } = JSON.parse(line)
            found.push({ ...row, id: BigInt(id), hour })
          }
        }
        return found
      },
      async tamper() {
        for await (const { key, text } of objectsIn(store)) await store.put(key, Buffer.from(text.replaceAll('.50', '.70')))
      },
      age: () => {
        cutOff = '2026-01-28'
      },
    }
  },
})
