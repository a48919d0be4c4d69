import { describeSource, testContext } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { quoted } from '../../src/sql.js'
import { type LiveSchema, liveDatabase, liveSchema, sharedPlace, skipped } from '../support/live.js'

const schema = z.object({
  plant: column.int64(),
  takenAt: column.timestamp(6),
  moisture: column.float64().nullable(),
  price: column.decimal(20, 4),
  note: column.string().nullable(),
})
type Reading = z.infer<typeof schema>

// In the order of text, 10 is before 9.
const plants = [9n, 10n, 9007199254740993n]
const readings: readonly Reading[] = Array.from({ length: 23 }, (_, i) => ({
  plant: plants[i % 3] as bigint,
  takenAt: `2026-01-26T13:12:${String(i).padStart(2, '0')}.000001Z`,
  // Quarters: they are sent as text here, and have no digits that a server might round.
  moisture: i % 5 === 0 ? null : i / 4,
  price: '1234567890123456.7890',
  note: i % 2 === 0 ? `"${i}", ñ 🌱` : null,
}))
const byKey = (a: Reading, b: Reading) => Number(a.plant - b.plant) || (a.takenAt < b.takenAt ? -1 : 1)
const table = `odd "table"`

async function filled(rows: readonly Reading[]): Promise<LiveSchema> {
  const own = await liveSchema()
  const name = `${quoted(own.schema)}.${quoted(table)}`
  await liveDatabase().session(async session => {
    await session.run(
      `CREATE TABLE ${name} ([plant] BIGINT NOT NULL, [takenAt] DATETIME2(6) NOT NULL, [moisture] FLOAT NULL, [price] DECIMAL(20,4) NOT NULL, [note] NVARCHAR(100) NULL)`,
    )
    for (const { plant, takenAt, moisture, price, note } of rows.toReversed()) {
      await session.run(
        `INSERT INTO ${name} ([plant], [takenAt], [moisture], [price], [note]) VALUES (@plant, CAST(@at AS DATETIME2(6)), CAST(@moisture AS FLOAT), CAST(@price AS DECIMAL(20,4)), @note)`,
        { plant, at: takenAt.slice(0, -1), moisture: moisture === null ? null : String(moisture), price, note },
      )
    }
  })
  return own
}

describe.skipIf(skipped)('against a live server', () => {
  for (const [name, options] of Object.entries({
    'a SQL Server table, in pages': { pageRows: 4 },
    'a SQL Server table, in splits': { pageRows: 4, splits: 3 },
    'a SQL Server table, what is new': { pageRows: 4, newOnly: true },
  })) {
    const world = async (rows: readonly Reading[]) => {
      const own = await filled(rows)
      const source = sharedPlace().source<Reading>({ table: own.table(table), schema, key: ['plant', 'takenAt'], ...options })
      return { own, source, open: () => liveDatabase('reading').inUse, close: own.close }
    }
    describeSource<Reading, Awaited<ReturnType<typeof world>>>(name, {
      open: () => world(readings),
      empty: () => world([]),
      expected: readings.toSorted(byKey),
      faults: {
        missing: ({ own }) => liveDatabase().session(session => session.run(`DROP TABLE ${quoted(own.schema)}.${quoted(table)}`)),
      },
    })
  }

  test('rows are removed by their keys, those that are gone already are passed over', async () => {
    const own = await filled(readings)
    try {
      const source = sharedPlace().source<Reading>({ table: own.table(table), schema, key: ['plant', 'takenAt'] })
      const keys = readings.slice(0, 5).map(({ plant, takenAt }) => [String(plant), takenAt])

      await source.removal?.check?.(testContext())
      expect(await source.removal?.remove(keys, testContext())).toBe(5)
      expect(await source.removal?.remove([...keys, ['1', '2026-01-26T13:12:00Z']], testContext())).toBe(0)

      const left = await liveDatabase().session(session =>
        session.rows(`SELECT COUNT(*) FROM ${quoted(own.schema)}.${quoted(table)}`),
      )
      expect(Number(left[0]?.[0])).toBe(18)
    } finally {
      await own.close()
    }
  })

  test('only rows before the cut-off are read', async () => {
    const own = await filled(readings)
    try {
      const source = sharedPlace().source<Reading>({
        table: own.table(table),
        schema,
        key: ['plant', 'takenAt'],
        before: { column: 'takenAt', value: '2026-01-26T13:12:05.000001Z' },
      })
      const ctx = testContext()
      const { splits } = await source.plan(ctx)
      const found: string[] = []
      for (const split of splits) {
        const batches = source.read(split, undefined, { ...ctx, split, progress: { retried() {} } })
        for await (const { records } of batches) found.push(...(records as readonly Reading[]).map(({ takenAt }) => takenAt))
      }

      expect(found.sort()).toEqual(readings.slice(0, 5).map(({ takenAt }) => takenAt))
    } finally {
      await own.close()
    }
  })
})

test.runIf(skipped)(`sources on a live server: ${skipped}`, ({ skip }) => skip(String(skipped)))
