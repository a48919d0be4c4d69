import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { run } from '@millrace/etl-core'
import { type PlantsServer, plantsServer } from '@millrace/source-plants/testing'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { archive, daily, plants } from '../src/index.js'
import { rowsIn } from './world.js'

const command = fileURLToPath(new URL('../../../adapters/cli/bin/millrace.js', import.meta.url))
const name = 'A "quoted", comma’d\nplant 🌱'
let folder: string
let server: PlantsServer
/** What the database held before it was archived, as DuckDB says it. */
let readings: readonly Record<string, unknown>[]

const place = (at: string) => `file:${join(folder, at)}`

/** The real command in a pipe: what a program behind it reads, and what a person sees. */
async function piped(...flags: readonly string[]) {
  const args = [command, 'run', 'plants-retrieve', '--from', place('archive'), '--archived', 'csv', '--to', '-', ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const code = new Promise<number | null>(resolve => child.on('close', resolve))
  const [out, told] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, told }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-plants-csv-'))
  const file = join(folder, 'plants.duckdb')
  server = await plantsServer({ generation: 3, seed: 11, now: '2026-06-01T09:59:00Z', faultRate: 0, plants: 9 })
  server.alter(3, body => ({ ...body, name }))
  for (const advanceMs of [0, 60_000]) {
    server.advance(advanceMs)
    expect((await run(plants, { apiUrl: server.url, to: `duckdb:${file}` })).status).toBe('succeeded')
  }
  readings = await rowsIn(file, 'SELECT plant_id, name, soil_moisture FROM plant_readings ORDER BY recording_taken, plant_id')
  const moved = await run(archive, { from: `duckdb:${file}`, to: place('archive'), now: '2026-07-01T00:00:00Z', format: 'csv' })
  expect(moved.error).toBeUndefined()
  expect(await rowsIn(file, 'SELECT * FROM plant_readings')).toEqual([])
})
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

it('an archive of CSV comes out of a pipe as it went in, and what is told goes to stderr', async () => {
  const { code, out, told } = await piped()

  const rows = parse(out, { columns: true }) as Record<string, string>[]
  expect(rows.map(row => [row.plant_id, row.name, row.soil_moisture])).toEqual(
    readings.map(row => [row.plant_id, row.name, row.soil_moisture].map(String)),
  )
  expect(rows.filter(row => row.name === name)).toHaveLength(2)
  expect(told).toContain(`written ${readings.length}`)
  expect(code).toBe(0)
})

it('the report is the last line of stderr when JSON is asked for', async () => {
  const { out, told } = await piped('--json')

  const last = JSON.parse(told.trimEnd().split('\n').at(-1) ?? '') as { type: string; report: { counts: { written: number } } }
  expect(last).toMatchObject({ type: 'load.finished', report: { counts: { written: readings.length } } })
  expect(parse(out, { columns: true })).toHaveLength(readings.length)
})

it('nothing is put into the pipe when the archive cannot be read', async () => {
  const { code, out, told } = await piped('--from', 'file:/dev/null/archive')

  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(told).toMatch(/^millrace: .*\[ETL_\w+\]/m)
})

it('a day is summed up from an archive of CSV', async () => {
  const report = await run(daily, { from: place('archive'), to: place('daily'), day: '2026-06-01', archived: 'csv' })

  expect(report.counts.written).toBe(new Set(readings.map(row => row.plant_id)).size)
})

it('an archive of CSV that is asked for as Parquet says so, instead of having nothing', async () => {
  const asked = run(daily, { from: place('archive'), to: place('daily'), day: '2026-06-01' })

  await expect(asked).rejects.toThrow('has no parquet there, but csv: say so (archived: csv).')
})
