import type { RelatedTablesOptions, Sink, SqlPlace, TableSinkOptions } from '@millrace/etl-core'
import { awkwardTexts, describeSink } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import * as z from 'zod'
import { databaseAt } from '../src/database.js'
import { hasTable, placeAt, query, worldFile } from './support/places.js'

const schema = z.object({
  id: column.int32(),
  name: column.string(),
  big: column.int64(),
  price: column.decimal(38, 10).nullable(),
  takenAt: column.timestamp(6),
  day: column.date().nullable(),
  more: column.json().nullable(),
})
type Plant = z.infer<typeof schema>

const plant = (id: number, over: Partial<Plant> = {}): Plant => ({
  id,
  name: `plant ${id} – ñ`,
  big: 9007199254740993n + BigInt(id),
  price: '1234567890123456789012345678.0123456789',
  takenAt: '2026-01-26T13:12:19.123456Z',
  day: null,
  more: { nested: ['ñ', null, 1.5] },
  ...over,
})

/** Columns of a query in the form our values have. */
const columns = (from = '') =>
  `${from}"id", ${from}"name", CAST(${from}"big" AS VARCHAR) AS big, CAST(${from}"price" AS VARCHAR) AS price,
   strftime(${from}"takenAt", '%Y-%m-%dT%H:%M:%S.%fZ') AS "takenAt", CAST(${from}"day" AS VARCHAR) AS day, ${from}"more"`

const asPlant = (row: Record<string, unknown>): Plant =>
  ({ ...row, big: BigInt(row.big as string), more: row.more === null ? null : JSON.parse(row.more as string) }) as Plant

interface World {
  readonly path: string
  readonly sink: Sink<Plant>
  another(): Sink<Plant>
  readBack(): Promise<Plant[]>
  close(): Promise<void>
}

function describePlants(name: string, sinkOf: (place: SqlPlace) => Sink<Plant>, read: string, table: string): void {
  describeSink<Plant, World>(name, {
    record: i => plant(i),
    changed: i => plant(i, { name: 'changed', price: null }),
    refused: i => plant(i, { takenAt: 'yesterday' }),
    awkward: awkwardTexts.map((text, id) => plant(id, { name: text, more: { text } })),
    // Splits that are written at the same time take turns.
    ordered: !name.includes('appended'),
    schema,
    async open() {
      const { path, close } = await worldFile()
      const another = () => sinkOf(placeAt(path))
      return {
        path,
        sink: another(),
        another,
        readBack: async () => ((await hasTable(path, table)) ? (await query(path, read)).map(asPlant) : []),
        close,
      }
    },
    lose: async ({ path }) => {
      await query(path, `DELETE FROM "${table}"`)
    },
    stall: ({ path }) => {
      let release: () => void = () => {}
      const released = new Promise<void>(resolve => {
        release = resolve
      })
      // Someone else's transaction takes its time.
      const holding = databaseAt(path).write(() => released)
      return {
        release: async () => {
          release()
          await holding
        },
      }
    },
  })
}

const single = (options: TableSinkOptions<Plant>) => (place: SqlPlace) => place.table(options)
const name = 'odd ]["name" 🌱'
const quoted = `"${name.replaceAll('"', '""')}"`

describePlants(
  'a DuckDB table that is appended to',
  single({ table: name }),
  `SELECT ${columns()} FROM ${quoted} ORDER BY rowid`,
  name,
)
// By day related tables are merged by key, in the same way.
if (process.env.MILLRACE_TEST_LONG)
  describePlants(
    'a DuckDB table that is merged by key',
    single({ table: 'plants', disposition: 'merge', key: ['id'] }),
    `SELECT ${columns()} FROM plants ORDER BY "id"`,
    'plants',
  )
describePlants(
  'a DuckDB table whose groups are replaced',
  single({ table: 'plants', disposition: 'replace' }),
  `SELECT ${columns()} FROM plants ORDER BY rowid`,
  'plants',
)

const related: RelatedTablesOptions<Plant> = {
  tables: {
    at: {
      columns: { select: 'takenAt', price: 'price', day: 'day', more: 'more', big: 'big' },
      references: { 'who "is"': 'plant ]🌱' },
      key: ['who "is"'],
    },
    'plant ]🌱': { columns: { id: 'id', name: 'name' }, key: ['id'] },
  },
  views: { flat: 'at' },
}
describePlants('related DuckDB tables', place => place.tables(related), `SELECT ${columns()} FROM flat ORDER BY "id"`, 'at')
