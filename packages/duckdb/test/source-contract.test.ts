import { describeSource } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import * as z from 'zod'
import { databaseAt } from '../src/database.js'
import { execute, placeAt, worldFile } from './support/places.js'

const schema = z.object({
  plant: column.int64(),
  takenAt: column.timestamp(6),
  moisture: column.float64().nullable(),
  price: column.decimal(20, 4),
  note: column.string().nullable(),
})
type Reading = z.infer<typeof schema>

const readings: readonly Reading[] = Array.from({ length: 23 }, (_, i) => ({
  plant: 9007199254740993n + BigInt(i % 3),
  takenAt: `2026-01-26T13:12:${String(i).padStart(2, '0')}.000001Z`,
  moisture: i % 5 === 0 ? null : i / 3,
  price: '1234567890123456.7890',
  note: i % 2 === 0 ? `"${i}", ñ 🌱` : null,
}))

const tableSql = `CREATE TABLE "odd ""table""" (plant BIGINT, "takenAt" TIMESTAMP, moisture DOUBLE, price DECIMAL(20,4), note VARCHAR)`
const rowSql = ({ plant, takenAt, moisture, price, note }: Reading) =>
  `INSERT INTO "odd ""table""" VALUES (${plant}, '${takenAt}', ${moisture}, ${price}, ${note === null ? null : `'${note}'`})`

const byKey = (a: Reading, b: Reading) => Number(a.plant - b.plant) || (a.takenAt < b.takenAt ? -1 : 1)

for (const [name, options] of Object.entries({
  'a DuckDB table, in pages': { pageRows: 4 },
  'a DuckDB table, in splits': { pageRows: 4, splits: 3 },
  'a DuckDB table, what is new': { pageRows: 4, newOnly: true },
})) {
  describeSource<Reading, Awaited<ReturnType<typeof world>>>(name, {
    open: () => world(readings),
    empty: () => world([]),
    expected: readings.toSorted(byKey),
    faults: { missing: ({ path }) => execute(path, 'DROP TABLE "odd ""table"""') },
  })

  async function world(rows: readonly Reading[]) {
    const { path, close } = await worldFile()
    await execute(path, tableSql, ...rows.toReversed().map(rowSql))
    const source = placeAt(path).source<Reading>({ table: 'odd "table"', schema, key: ['plant', 'takenAt'], ...options })
    return { path, source, open: () => databaseAt(path).inUse, close }
  }
}
