import type { RelatedTablesOptions } from '@millrace/etl-core'
import { column } from '@millrace/schema'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { load, ready } from './support/loads.js'
import { execute, placeAt, query } from './support/places.js'
import { tempDatabase } from './support/temp.js'

const schema = z.object({
  plant: column.int32(),
  name: column.string(),
  botanist: column.string().nullable(),
  phone: column.string().nullable(),
  town: column.string().nullable(),
  country: column.string().nullable(),
  takenAt: column.timestamp(6),
  moisture: column.float64().nullable(),
})
type Reading = z.infer<typeof schema>

const tables = {
  town: { columns: { name: 'town', country: 'country' }, key: ['name', 'country'] },
  botanist: { columns: { name: 'botanist', phone: 'phone' }, key: ['name'] },
  plant: { columns: { no: 'plant', name: 'name' }, references: { botanist_id: 'botanist', town_id: 'town' }, key: ['no'] },
  reading: {
    columns: { taken_at: 'takenAt', moisture: 'moisture' },
    references: { plant_id: 'plant' },
    key: ['plant_id', 'taken_at'],
    changes: 'keep',
  },
} as const satisfies RelatedTablesOptions<Reading>['tables']
const options: RelatedTablesOptions<Reading> = { tables, views: { flat: 'reading' } }
const withHistory: RelatedTablesOptions<Reading> = {
  ...options,
  tables: { ...tables, plant: { ...tables.plant, history: { of: ['name', 'botanist_id'], at: 'takenAt' } } },
}

const reading = (over: Partial<Reading> = {}): Reading => ({
  plant: 1,
  name: 'Venus flytrap',
  botanist: 'Ana',
  phone: '1',
  town: 'Reus',
  country: 'ES',
  takenAt: '2026-01-26T13:00:00Z',
  moisture: 12.5,
  ...over,
})
const at = (minute: number) => `2026-01-26T13:${String(minute).padStart(2, '0')}:00Z`

async function world(declared: RelatedTablesOptions<Reading> = options) {
  const path = await tempDatabase()
  const sink = () => ready(placeAt(path).tables(declared), schema)
  return {
    path,
    load: (batches: readonly (readonly Reading[])[], more?: Parameters<typeof load>[2]) => load(sink(), batches, more),
    query: (sql: string) => query(path, sql),
    counts: async () => {
      const [row] = await query(
        path,
        'SELECT (SELECT count(*) FROM town) t, (SELECT count(*) FROM botanist) b, (SELECT count(*) FROM plant) p, (SELECT count(*) FROM reading) r',
      )
      return Object.values(row ?? {}).map(Number)
    },
    /** Periods of a plant, from and until as minutes. */
    periods: async (plant = 1) =>
      (
        await query(
          path,
          `SELECT p.name, b.name AS botanist, minute(valid_from) AS f, minute(valid_until) AS u FROM plant p LEFT JOIN botanist b USING (botanist_id) WHERE "no" = ${plant} ORDER BY valid_from`,
        )
      ).map(({ name, botanist, f, u }) => `${name} by ${botanist}: ${f} to ${u ?? 'now'}`),
  }
}

describe('related tables', () => {
  test('hold each thing once, and a view gives the flat records back', async () => {
    const { load, counts, query } = await world()
    const records = [reading(), reading({ takenAt: at(1) }), reading({ plant: 2, name: 'Aloe', takenAt: at(1) })]

    await load([records])

    expect(await counts()).toEqual([1, 1, 2, 3])
    expect(
      await query(
        `SELECT * REPLACE (strftime("takenAt", '%Y-%m-%dT%H:%M:%SZ') AS "takenAt") FROM flat ORDER BY plant, "takenAt"`,
      ),
    ).toEqual(records)
  })

  test('the same records twice add nothing, in one batch or in two loads', async () => {
    const { load, counts } = await world()
    const batch = [reading(), reading({ plant: 2 }), reading()]

    await load([batch, batch])
    await load([batch])

    expect(await counts()).toEqual([1, 1, 2, 2])
  })

  test('what changed is overwritten with the last record of a batch, nulls too', async () => {
    const { load, query } = await world()
    await load([[reading()]])

    await load([[reading({ name: 'other', phone: '2' }), reading({ name: 'Dionaea', phone: null, botanist: 'Ben' })]])

    expect(await query('SELECT p.name, b.name AS botanist, phone FROM plant p JOIN botanist b USING (botanist_id)')).toEqual([
      { name: 'Dionaea', botanist: 'Ben', phone: null },
    ])
    expect(await query(`SELECT phone FROM botanist WHERE name = 'Ana'`)).toEqual([{ phone: '2' }])
  })

  test('what is kept stays as it came first', async () => {
    const { load, query } = await world()

    await load([[reading(), reading({ moisture: 99 })], [reading({ moisture: 98 })]])

    expect(await query('SELECT moisture FROM reading')).toEqual([{ moisture: 12.5 }])
  })

  test('a reference is null where the record is about no such row', async () => {
    const { load, counts, query } = await world()

    const rejected = await load([[reading({ town: null, country: null, botanist: null, phone: null })]])

    expect(rejected).toEqual([])
    expect(await counts()).toEqual([0, 0, 1, 1])
    expect(await query('SELECT town_id, botanist_id FROM plant')).toEqual([{ town_id: null, botanist_id: null }])
  })

  test('a record that one table refuses is in none, and the others are in all', async () => {
    const { load, counts } = await world()
    const batch = [
      reading({ plant: 1 }),
      reading({ plant: 2, country: null }),
      reading({ plant: 3, moisture: Number.NaN }),
      reading({ plant: 4 }),
    ]

    const rejected = await load([batch])

    expect(rejected).toEqual([
      [0, 1, 'ETL_RECORD_KEY'],
      [0, 2, 'ETL_RECORD_INVALID'],
    ])
    expect(await counts()).toEqual([1, 1, 2, 2])
  })

  test('ids are 64 bits wide and foreign keys hold', async () => {
    const { load, path, query } = await world()
    await load([[reading()]])

    expect(await query('SELECT typeof(plant_id) AS type FROM reading')).toEqual([{ type: 'BIGINT' }])
    await expect(execute(path, 'INSERT INTO reading VALUES (now()::TIMESTAMP, 1, 4711)')).rejects.toThrow('foreign key')
  })

  test('tables may lie in schemas of their own, and grow by nullable columns', async () => {
    const path = await tempDatabase()
    const declared = (more: object): RelatedTablesOptions<Reading> => ({
      tables: {
        'green house.plant': { columns: { no: 'plant', name: 'name' }, key: ['no'] },
        'log.reading': {
          columns: { taken_at: 'takenAt', ...more },
          references: { plant_id: 'green house.plant' },
          key: ['plant_id', 'taken_at'],
        },
      },
      views: { 'log.flat': 'log.reading' },
    })
    await load(ready(placeAt(path).tables(declared({})), schema), [[reading()]])

    await load(ready(placeAt(path).tables(declared({ moisture: 'moisture' })), schema), [[reading({ takenAt: at(1) })]])

    expect(await query(path, 'SELECT name, moisture FROM log.flat ORDER BY "takenAt"')).toEqual([
      { name: 'Venus flytrap', moisture: null },
      { name: 'Venus flytrap', moisture: 12.5 },
    ])
  })
})

describe('history', () => {
  test('a change ends the row that held and begins another', async () => {
    const { load, periods } = await world(withHistory)
    await load([[reading()], [reading({ takenAt: at(5) })]])

    await load([[reading({ takenAt: at(10), botanist: 'Ben' })]])

    expect(await periods()).toEqual(['Venus flytrap by Ana: 0 to 10', 'Venus flytrap by Ben: 10 to now'])
  })

  test('several changes in one batch are periods of their own, whatever their order', async () => {
    const { load, periods, query } = await world(withHistory)
    const records = [
      reading({ takenAt: at(20), name: 'C' }),
      reading({ name: 'A' }),
      reading({ takenAt: at(10), name: 'B' }),
      reading({ takenAt: at(15), name: 'B' }),
    ]

    await load([records])

    expect(await periods()).toEqual(['A by Ana: 0 to 10', 'B by Ana: 10 to 20', 'C by Ana: 20 to now'])
    expect(await query('SELECT name, minute("takenAt") AS at FROM flat ORDER BY 2')).toEqual([
      { name: 'A', at: '0' },
      { name: 'B', at: '10' },
      { name: 'B', at: '15' },
      { name: 'C', at: '20' },
    ])
  })

  test('a late change that is older than the row that holds now changes nothing, and its fact finds the row of its time', async () => {
    const { load, periods, query } = await world(withHistory)
    await load([[reading({ takenAt: at(10) })], [reading({ takenAt: at(20), name: 'renamed' })]])

    await load([[reading({ takenAt: at(15), name: 'late' }), reading({ takenAt: at(5), name: 'later still' })]])

    expect(await periods()).toEqual(['Venus flytrap by Ana: 10 to 20', 'renamed by Ana: 20 to now'])
    expect(await query('SELECT name, minute("takenAt") AS at FROM flat ORDER BY 2')).toEqual([
      { name: 'Venus flytrap', at: '5' },
      { name: 'Venus flytrap', at: '10' },
      { name: 'Venus flytrap', at: '15' },
      { name: 'renamed', at: '20' },
    ])
  })

  test('a change at the very time the row began takes its place', async () => {
    const { load, periods } = await world(withHistory)
    await load([[reading({ name: 'A' })]])

    await load([[reading({ name: 'B', botanist: 'Ben' })]])

    expect(await periods()).toEqual(['B by Ben: 0 to now'])
  })

  test('what is no part of the history is overwritten in the row that holds', async () => {
    const { load, query } = await world(withHistory)
    await load([[reading()], [reading({ takenAt: at(10), name: 'renamed' })]])

    await load([[reading({ takenAt: at(20), name: 'renamed', town: 'Girona' })]])

    expect(await query('SELECT p.name, t.name AS town FROM plant p JOIN town t USING (town_id) ORDER BY valid_from')).toEqual([
      { name: 'Venus flytrap', town: 'Reus' },
      { name: 'renamed', town: 'Girona' },
    ])
  })

  test('without a time of its own a change happened when the load began', async () => {
    const noTime = { ...withHistory.tables, plant: { ...tables.plant, history: { of: ['name'], from: 'since', until: 'up to' } } }
    const { load, query } = await world({ tables: noTime })
    await load([[reading()]], { startedAtMs: Date.UTC(2026, 0, 1) })

    await load([[reading({ name: 'B', takenAt: at(1) })]], { startedAtMs: Date.UTC(2026, 0, 2) })

    expect(
      await query(`SELECT name, strftime(since, '%d') AS f, strftime("up to", '%d') AS u FROM plant ORDER BY since`),
    ).toEqual([
      { name: 'Venus flytrap', f: '01', u: '02' },
      { name: 'B', f: '02', u: null },
    ])
  })

  test('a fact is known again though the row it refers to was ended before its time', async () => {
    const { load, counts } = await world(withHistory)
    await load([[reading(), reading({ takenAt: at(30) })]])
    await load([[reading({ takenAt: at(20), name: 'renamed' })]])

    await load([[reading({ takenAt: at(30) }), reading({ takenAt: at(30), moisture: 1 })]])

    expect((await counts()).at(-1)).toBe(3)
  })
})
