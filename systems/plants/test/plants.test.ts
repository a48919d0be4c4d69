import { join } from 'node:path'
import { run } from '@millrace/etl-core'
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
