import type { RelatedTablesOptions, Sink, SqlPlace } from '@millrace/etl-core'
import { arraySource, describeCrashes } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import * as z from 'zod'
import { execute, hasTable, placeAt, query, worldFile } from './support/places.js'

const schema = z.object({
  plant: column.int32(),
  name: column.string(),
  at: column.timestamp(0),
  moisture: column.float64().nullable(),
})
type Reading = z.infer<typeof schema>

const reading = (i: number): Reading => ({
  plant: i % 2,
  name: `plant ${i % 2}${i > 3 ? ' renamed' : ''}`,
  at: `2026-01-26T13:12:0${i}Z`,
  moisture: i === 2 ? null : i / 3,
})
const splits = { a: [0, 1, 2].map(reading), b: [3, 4, 5].map(reading) }
const all = [...splits.a, ...splits.b]
const long = process.env.MILLRACE_TEST_LONG !== undefined
const kinds = long ? (['crash', 'stop', 'outage', 'pause', 'company'] as const) : (['crash', 'stop', 'pause'] as const)
// Every point is several runs against a file; by day a sample of them.
const maxPoints = long ? 1_000 : 1
// Deaths and stops of loads into one table are tried from other sources, too: test/proof/crash-databases.test.ts.
const kindsOfOne = long ? kinds : (['pause'] as const)

const related: RelatedTablesOptions<Reading> = {
  tables: {
    reading: {
      columns: { at: 'at', moisture: 'moisture' },
      references: { plant_id: 'plant' },
      key: ['plant_id', 'at'],
      changes: 'keep',
    },
    plant: { columns: { no: 'plant', name: 'name' }, key: ['no'], history: { of: ['name'], at: 'at' } },
  },
  views: { flat: 'reading' },
}

const instant = `strftime("at", '%Y-%m-%dT%H:%M:%SZ') AS "at"`

for (const [name, sinkOf, from] of [
  ['appended to a DuckDB table', place => place.table({ table: 'readings', schema }), 'readings'],
  [
    'merged into a DuckDB table',
    place => place.table({ table: 'readings', disposition: 'merge', key: ['plant', 'at'], schema }),
    'readings',
  ],
  ['replacing groups of a DuckDB table', place => place.table({ table: 'readings', disposition: 'replace', schema }), 'readings'],
  ['loaded into related DuckDB tables', place => place.tables({ ...related, schema }), 'flat'],
] as [string, (place: SqlPlace) => Sink<Reading>, string][]) {
  describeCrashes<Reading>(name, {
    expected: all,
    kinds: from === 'flat' ? kinds : kindsOfOne,
    maxPoints,
    async build() {
      const { path, close } = await worldFile()
      return {
        open() {
          const place = placeAt(path)
          return { source: arraySource<Reading>({ splits }), sink: sinkOf(place), state: place.home.state('crash-test') }
        },
        read: async () =>
          (await hasTable(path, from === 'flat' ? 'reading' : from))
            ? query(path, `SELECT plant, name, ${instant}, moisture FROM ${from}`)
            : [],
        close,
      }
    },
  })
}

describeCrashes<Reading>('with rejects of a step and of the table itself', {
  expected: all.filter(({ at }) => !at.endsWith('1Z') && !at.endsWith('4Z')),
  kinds,
  // Between a write and the save of its rejects is where one could be lost.
  maxPoints: long ? 1_000 : 2,
  only: ({ call }) => long || call.on === 'writer' || call.about.startsWith('rejects'),
  steps: flow => flow.validate(schema.refine(({ at }) => !at.endsWith('1Z'), 'the second is one')),
  async build() {
    const { path, close } = await worldFile()
    const make =
      'CREATE TABLE readings (plant INTEGER NOT NULL, name VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, moisture DOUBLE, CHECK (second("at") <> 4))'
    await execute(path, make)
    return {
      open() {
        const place = placeAt(path)
        return {
          source: arraySource<Reading>({ splits }),
          sink: place.table<Reading>({ table: 'readings', schema }),
          state: place.home.state('crash-test'),
        }
      },
      read: () => query(path, `SELECT plant, name, ${instant}, moisture FROM readings`),
      close,
    }
  },
})

describeCrashes<Reading>('from one DuckDB file into another', {
  expected: all,
  kinds: ['crash', 'stop'],
  maxPoints,
  async build() {
    const [from, to] = [await worldFile(), await worldFile()]
    const values = all.map(({ plant, name, at, moisture }) => `(${plant}, '${name}', '${at}', ${moisture})`)
    await execute(
      from.path,
      'CREATE TABLE readings (plant INTEGER, name VARCHAR, "at" TIMESTAMP, moisture DOUBLE)',
      `INSERT INTO readings VALUES ${values.join(', ')}`,
    )
    return {
      open() {
        const place = placeAt(to.path)
        const source = placeAt(from.path).source<Reading>({ table: 'readings', schema, key: ['at'], pageRows: 2, splits: 2 })
        return { source, sink: place.table<Reading>({ table: 'readings', schema }), state: place.home.state('crash-test') }
      },
      read: async () =>
        (await hasTable(to.path, 'readings')) ? query(to.path, `SELECT plant, name, ${instant}, moisture FROM readings`) : [],
      async close() {
        await from.close()
        await to.close()
      },
    }
  },
})
