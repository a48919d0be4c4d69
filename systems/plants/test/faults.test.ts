import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import { plantsServer } from '@millrace/source-plants/testing'
import { describe, expect, it } from 'vitest'
import { archive, plants } from '../src/index.js'
import { inDatabase, millrace } from './command.js'
import { rowsIn, scratch } from './world.js'

const few = { plants: 10, seed: 5, faultRate: 0, dirty: false } as const

describe('minutes', () => {
  it('two runs at once on one file: afterwards every reading is there once', async () => {
    await using own = await scratch()
    const to = `duckdb:${join(own.path, 'plants.duckdb')}`
    await using server = await serverOf({ ...few, now: '2026-06-01T10:00:00Z', latencyMs: 20 })
    const args = ['plants', '--api-url', server.url, '--to', to, '--known-ids', '10', '--wait', '30']

    const ends = await Promise.all([millrace(args), millrace(args)])

    expect(
      ends.map(({ code }) => code),
      ends.map(({ problems }) => problems).join(),
    ).toEqual([0, 0])
    expect(await inDatabase(join(own.path, 'plants.duckdb'))).toHaveLength(9)
  })

  it('a minute that comes late adds its own readings to those behind it', async () => {
    await using own = await scratch()
    const file = join(own.path, 'plants.duckdb')
    await using late = await serverOf({ ...few, now: '2026-06-01T10:00:00Z' })
    await using next = await serverOf({ ...few, now: '2026-06-01T10:01:00Z' })

    for (const server of [next, late, next]) await run(plants, { apiUrl: server.url, to: `duckdb:${file}`, knownIds: 10 })

    expect(await inDatabase(file)).toHaveLength(18)
  })

  it('an API that is down fails the run, and the next one loads the minute', async () => {
    await using own = await scratch()
    await using server = await serverOf({ ...few, now: '2026-06-01T10:00:00Z' })
    const params = { apiUrl: server.url, to: `duckdb:${join(own.path, 'plants.duckdb')}`, knownIds: 10, budgetSeconds: 1 }
    server.down = true
    const first = await run(plants, params)
    server.down = false

    const second = await run(plants, params)

    expect(first.status).toBe('failed')
    expect(first.counts.written).toBe(0)
    expect(second.status).toBe('succeeded')
    expect(second.counts.written).toBe(9)
  })

  it('a reading dated tomorrow is a reject, and the other plants arrive', async () => {
    await using own = await scratch()
    await using server = await serverOf({ ...few, now: '2026-06-01T10:00:00Z' })
    server.failPlant(3, 'tomorrow')

    const report = await run(plants, { apiUrl: server.url, to: `duckdb:${join(own.path, 'plants.duckdb')}`, knownIds: 10 })

    expect(report.counts).toMatchObject({ written: 8, rejected: 1 })
    expect(JSON.stringify(report.rejects)).toContain('future')
  })
})

describe('clock changes of London', () => {
  const changes = [
    ['October: half past one comes twice', '2026-10-25T00:30:30Z', 3_600_000, ['hour=00', 'hour=01']],
    ['March: the clock leaves out an hour, UTC does not', '2026-03-29T00:59:30Z', 120_000, ['hour=00', 'hour=01']],
  ] as const
  // Times are UTC throughout: the hour that comes twice shows it by day.
  it.each(process.env.MILLRACE_TEST_LONG ? changes : changes.slice(0, 1))('%s', async (_, now, advanceMs, hours) => {
    await using own = await scratch()
    const file = join(own.path, 'plants.duckdb')
    await using server = await serverOf({ ...few, now })
    const params = { apiUrl: server.url, to: `duckdb:${file}`, knownIds: 10 }
    await run(plants, params)
    server.advance(advanceMs)
    await run(plants, params)
    const times = await rowsIn(file, 'SELECT DISTINCT hour(recording_taken) AS hour FROM plant_readings ORDER BY 1')

    const report = await run(archive, { from: `duckdb:${file}`, to: `file:${own.path}/archive`, now: '2026-12-01T00:00:00Z' })

    expect(report.counts).toMatchObject({ written: 18, rejected: 0 })
    expect(times.map(({ hour }) => Number(hour))).toEqual([0, 1])
    const [year, month, day] = [now.slice(0, 4), now.slice(5, 7), now.slice(8, 10)]
    expect(readdirSync(join(own.path, `archive/readings/year=${year}/month=${month}/day=${day}`)).sort()).toEqual(hours)
  })
})

async function serverOf(options: Parameters<typeof plantsServer>[0]) {
  const server = await plantsServer(options)
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() })
}
