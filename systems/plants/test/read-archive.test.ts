import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import { type PlantsServer, plantsServer } from '@millrace/source-plants/testing'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { archive, daily, plants, retrieve } from '../src/index.js'
import { rowsIn } from './world.js'

const names = ['Comma, the plant', 'A "quoted" plant', '‘Curly’ “quotes”', 'Two\nlines']
let folder: string
let file: string
let server: PlantsServer
/** What the database held before it was archived, as DuckDB sums it up. */
let readings: readonly Record<string, unknown>[]
let summaries: readonly Record<string, unknown>[]

const csvRows = (path: string) => parse(readFileSync(join(folder, path)), { columns: true }) as Record<string, string>[]
const place = (name: string) => `file:${join(folder, name)}`
const minute = async (advanceMs: number) => {
  server.advance(advanceMs)
  expect((await run(plants, { apiUrl: server.url, to: `duckdb:${file}` })).status).toBe('succeeded')
}
const moveAll = () => run(archive, { from: `duckdb:${file}`, to: place('archive'), now: '2026-07-01T00:00:00Z' })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-plants-'))
  file = join(folder, 'plants.duckdb')
  server = await plantsServer({ generation: 3, seed: 7, now: '2026-06-01T09:59:00Z', faultRate: 0, plants: 12 })
  for (const [at, name] of names.entries()) server.alter(at + 1, body => ({ ...body, name }))
  for (const advanceMs of [0, 60_000, 60_000]) await minute(advanceMs)
  readings = await rowsIn(file, 'SELECT plant_id, epoch_us(recording_taken) AS us, name FROM plant_readings ORDER BY 2, 1')
  const of = (name: string) => `min(${name}), max(${name}), avg(${name}), median(${name})`
  summaries = await rowsIn(
    file,
    `SELECT plant_id AS id, max(name), count(*), ${of('soil_moisture')}, ${of('temperature')} FROM plant_readings GROUP BY 1 ORDER BY 1`,
  )
  expect((await moveAll()).error).toBeUndefined()
})
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

const microseconds = (time: string) =>
  String(BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1000n + BigInt(time.slice(20, -1).padEnd(6, '0')))

it('plants-daily says of each plant what DuckDB says of its readings', async () => {
  const report = await run(daily, { from: place('archive'), to: place('archive'), day: '2026-06-01' })

  const rows = csvRows('archive/daily/2026-06-01.csv').map(({ day: _, ...row }) => Object.values(row))
  const wanted = summaries.map(row => Object.values(row))
  expect(report.error).toBeUndefined()
  expect(rows.map(([id, name, count]) => [id, name, count])).toEqual(wanted.map(row => row.slice(0, 3).map(String)))
  for (const [row, values] of rows.entries()) {
    for (const [at, value] of values.slice(3).entries()) expect(Number(value)).toBeCloseTo(Number(wanted[row]?.[at + 3]), 9)
  }
})

it('plants-daily sums up the day so many days before it begins', async () => {
  const clock = { now: () => Date.parse('2026-06-03T01:30:00Z') }

  const report = await run(daily, { from: place('archive'), to: place('before'), daysAgo: 2 }, { clock })

  expect(report).toMatchObject({ status: 'succeeded', groups: [{ group: '2026-06-01' }] })
})

it('a day without readings has no data, and writes nothing', async () => {
  const report = await run(daily, { from: place('archive'), to: place('empty'), day: '2025-06-01' })

  expect(report).toMatchObject({ status: 'unchanged', groups: [{ group: '2025-06-01', status: 'no data' }] })
})

it('plants-retrieve gives all readings in the order they were taken, over the hours, names unchanged', async () => {
  const report = await run(retrieve, { from: place('archive'), to: join(folder, 'out.csv') })

  const rows = csvRows('out.csv')
  expect(report.error).toBeUndefined()
  expect(rows.map(row => [row.plant_id, microseconds(row.recording_taken as string), row.name])).toEqual(
    readings.map(row => [row.plant_id, row.us, row.name].map(String)),
  )
  for (const name of names) expect(rows.filter(row => row.name === name)).toHaveLength(3)
})

it('takes the first moment and leaves the last one out', async () => {
  const times = readings.map(row => Number(row.us) / 1000)
  const [since, until] = [Math.floor(times[5] as number), Math.floor(times[20] as number)]

  await run(retrieve, {
    ...{ from: place('archive'), to: join(folder, 'some.csv') },
    ...{ since: new Date(since).toISOString(), until: new Date(until).toISOString() },
  })

  const wanted = readings.filter(row => Number(row.us) >= since * 1000 && Number(row.us) < until * 1000)
  expect(csvRows('some.csv').map(row => row.plant_id)).toEqual(wanted.map(row => String(row.plant_id)))
  expect(wanted.length).toBeGreaterThan(10)
})

it('a time without readings empties the file that an earlier question has left', async () => {
  const ask = (year: string) =>
    run(retrieve, {
      ...{ from: place('archive'), to: join(folder, 'asked.csv') },
      ...{ since: `${year}-01-01T00:00:00Z`, until: `${year}-12-31T00:00:00Z` },
    })
  await ask('2026')
  expect(csvRows('asked.csv').length).toBeGreaterThan(0)

  const report = await ask('2020')

  expect(report.status).toBe('succeeded')
  expect(readFileSync(join(folder, 'asked.csv'), 'utf8')).toMatch(/^reading_id,plant_id,[^\n]*\r?\n$/)
})

it.each([
  [{ to: 'out.xlsx' }, /must end with \.csv, \.ndjson or \.parquet/],
  [{ to: 'out.csv.gz' }, /must end with/],
  [{ to: 'folder/' }, /must end with/],
  [{ since: '2026-06-01T09:00:00Z', until: '2026-06-01T10:00:00+01:00' }, /since must be earlier than until/],
  [{ since: '2026-06-01T09:00:00' }, /since: must be a moment with seconds and zone/],
])('plants-retrieve refuses %j before it reads', async (params, problem) => {
  await expect(run(retrieve, { from: place('archive'), ...params })).rejects.toThrow(problem)
})

it('a capital ending says the format, too', async () => {
  await run(retrieve, { from: place('archive'), to: join(folder, 'OUT.NDJSON') })

  expect(readFileSync(join(folder, 'OUT.NDJSON'), 'utf8')).toMatch(/^\{"reading_id":/)
})

it('a reading that was archived late changes its day, and a day that did not change is left alone', async () => {
  const params = { from: place('archive'), to: place('late'), day: '2026-06-01' }
  await run(daily, params)
  expect((await run(daily, params)).status).toBe('unchanged')
  const before = csvRows('late/daily/2026-06-01.csv')
  await minute(60_000)
  await moveAll()

  const report = await run(daily, params)

  const after = csvRows('late/daily/2026-06-01.csv')
  expect(report.groups).toMatchObject([{ group: '2026-06-01', status: 'published', objects: [{ change: 'replaced' }] }])
  expect(after.map(row => Number(row.readings))).toEqual(before.map(row => Number(row.readings) + 1))
})
