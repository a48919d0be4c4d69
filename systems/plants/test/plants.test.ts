import { join } from 'node:path'
import { replayRejects, run } from '@millrace/etl-core'
import { plantsServer } from '@millrace/source-plants/testing'
import { expect, it } from 'vitest'
import { archive, plants } from '../src/index.js'
import { rowsIn, scratch } from './world.js'

const counts = (file: string) =>
  rowsIn(
    file,
    `SELECT (SELECT count(*) FROM country) AS countries, (SELECT count(*) FROM city) AS cities, (SELECT count(*) FROM botanist) AS botanists,
       (SELECT count(*) FROM plant) AS plants, (SELECT count(*) FROM duty) AS duties, (SELECT count(*) FROM reading) AS readings`,
  )

it('a minute goes into related tables, and the same minute again adds nothing', async () => {
  await using folder = await scratch()
  const file = join(folder.path, 'plants.duckdb')
  const server = await plantsServer({ generation: 3, seed: 7, now: '2026-03-01T12:00:00Z' })
  try {
    const params = { apiUrl: server.url, to: `duckdb:${file}` }
    const first = await run(plants, params)
    const before = await counts(file)

    const second = await run(plants, params)

    expect(first.error).toBeUndefined()
    expect(first.status).toBe('succeeded')
    expect(second.status).toBe('succeeded')
    expect(await counts(file)).toEqual(before)
    expect(Number(before[0]?.readings)).toBe(first.counts.written)
    expect(first.counts.written + first.counts.rejected).toBe(48)
  } finally {
    await server.close()
  }
})

it('what is older than a day moves to the archive, and the rest stays', async () => {
  await using folder = await scratch()
  const file = join(folder.path, 'plants.duckdb')
  const server = await plantsServer({ generation: 3, seed: 7, now: '2026-03-01T12:00:00Z' })
  try {
    const params = { apiUrl: server.url, to: `duckdb:${file}` }
    const old = await run(plants, params)
    server.advance(24 * 3_600_000)
    const fresh = await run(plants, params)
    const moving = { from: `duckdb:${file}`, to: `file:${folder.path}/archive`, now: '2026-03-02T12:30:00Z' }

    const report = await run(archive, moving)

    expect(report.error).toBeUndefined()
    expect(report.groups).toMatchObject([{ status: 'published', removed: old.counts.written }])
    expect(await rowsIn(file, 'SELECT count(*) AS n FROM reading')).toEqual([{ n: String(fresh.counts.written) }])
    expect((await run(archive, moving)).status).toBe('unchanged')
  } finally {
    await server.close()
  }
})

it('a reading keeps when its plant had been watered and who looked after it, whatever comes later', async () => {
  await using folder = await scratch()
  const file = join(folder.path, 'plants.duckdb')
  const server = await plantsServer({ generation: 2, seed: 7, now: '2026-03-01T12:00:00Z', plants: 1, faultRate: 0 })
  try {
    const params = { apiUrl: server.url, to: `duckdb:${file}`, knownIds: 1 }
    for (const [minute, name] of ['Ada', 'Ben', 'Ben'].entries()) {
      const botanist = { name, email: `${name}@lnhm.example`, phone: String(minute) }
      server.alter(1, body => ({ ...body, botanist, last_watered: `2026-03-01T0${minute}:00:00.000Z` }))
      expect((await run(plants, params)).error).toBeUndefined()
      server.advance(60_000)
    }

    const seen = await rowsIn(
      file,
      'SELECT botanist_name, botanist_phone, last_watered FROM plant_readings ORDER BY recording_taken',
    )

    expect(seen).toEqual([
      { botanist_name: 'Ada', botanist_phone: '0', last_watered: '2026-03-01 00:00:00' },
      { botanist_name: 'Ben', botanist_phone: '2', last_watered: '2026-03-01 01:00:00' },
      { botanist_name: 'Ben', botanist_phone: '2', last_watered: '2026-03-01 02:00:00' },
    ])
  } finally {
    await server.close()
  }
})

it('readings that narrow limits rejected arrive when they are replayed with wider ones', async () => {
  await using folder = await scratch()
  const server = await plantsServer({
    generation: 3,
    seed: 7,
    now: '2026-03-01T12:00:00Z',
    plants: 3,
    faultRate: 0,
    dirty: false,
  })
  try {
    const params = { apiUrl: server.url, to: `duckdb:${join(folder.path, 'plants.duckdb')}`, knownIds: 3 }
    const narrow = await run(plants, { ...params, maxTemperature: -5 })

    const wide = await replayRejects(plants, params)

    expect(narrow.counts).toMatchObject({ written: 0, rejected: 3 })
    expect(wide.error).toBeUndefined()
    expect(wide.counts).toMatchObject({ written: 3, rejected: 0 })
  } finally {
    await server.close()
  }
})
