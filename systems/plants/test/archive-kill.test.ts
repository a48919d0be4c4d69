import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { run } from '@millrace/etl-core'
import { plantsServer } from '@millrace/source-plants/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { plants } from '../src/index.js'
import { inArchive, inDatabase, millrace } from './command.js'
import { scratch } from './world.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
let folder: string
let loaded: readonly string[]

// Four minutes around ten: two hours of the archive, and readings that stay.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-plants-'))
  const file = join(folder, 'loaded.duckdb')
  const server = await plantsServer({ generation: 3, seed: 11, now: '2026-06-01T09:59:00Z', faultRate: 0 })
  for (let minute = 0; minute < 4; minute++) {
    expect((await run(plants, { apiUrl: server.url, to: `duckdb:${file}` })).status).toBe('succeeded')
    server.advance(60_000)
  }
  await server.close()
  // Until this process lets go of the file, some of it is in the log beside it, and a copy would lack that.
  await vi.waitFor(() => expect(existsSync(`${file}.wal`)).toBe(false), { timeout: 10_000 })
  loaded = await inDatabase(file)
  expect(loaded.length).toBeGreaterThan(180)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Every reading is in the database or the archive, and in neither of them twice. */
async function kept(file: string, archive: string) {
  const [stay, moved] = [await inDatabase(file), await inArchive(archive, file)]
  expect([...new Set([...stay, ...moved])].sort()).toEqual([...loaded].sort())
  expect(new Set(stay).size).toBe(stay.length)
  expect(new Set(moved).size).toBe(moved.length)
  return { stay, moved, both: stay.filter(one => moved.includes(one)).length }
}

type Moment = 'load.started' | 'split.finished' | 'published'

/** Behind what, and how long behind it. The whole move takes some 200 ms on an idle machine, several times that on a busy one. */
const moments: readonly (readonly [moment: Moment, afterMs: number])[] = long
  ? Array.from({ length: 60 }, (_, at) => [
      at % 2 === 0 ? 'load.started' : 'published',
      Math.floor(at / 2) * (at % 2 === 0 ? 20 : 3),
    ])
  : [
      ['load.started', 0],
      ['published', 0],
    ]

const isPublished = (archive: string) =>
  existsSync(join(archive, 'readings')) &&
  readdirSync(join(archive, 'readings'), { recursive: true }).some(name => String(name).endsWith('.parquet'))

describe('plants-archive, killed with SIGKILL', () => {
  it.each(moments)('at %s and %i ms: no reading is lost, and the next run leaves each in one place', async (moment, afterMs) => {
    await using own = await scratch()
    const [file, archive] = [join(own.path, 'plants.duckdb'), join(own.path, 'archive')]
    await copyFile(join(folder, 'loaded.duckdb'), file)
    const args = ['plants-archive', '--from', `duckdb:${file}`, '--to', `file:${archive}`, '--now', '2026-06-02T10:01:00Z']

    const first = await millrace(args, async (seen, kill) => {
      if (seen !== (moment === 'published' ? 'split.finished' : moment)) return
      while (moment === 'published' && !isPublished(archive)) await wait(1)
      if (afterMs > 0) await wait(afterMs)
      kill()
    })
    const between = await kept(file, archive)
    const second = await millrace(args)

    // A late one may come after the end.
    expect([first.code === 0, first.signal === 'SIGKILL'], first.problems).toContain(true)
    if (moment === 'load.started' && afterMs === 0) {
      expect(first.signal).toBe('SIGKILL')
      expect(between.stay).toHaveLength(loaded.length)
    }
    expect(second.code, second.problems).toBe(0)
    const { stay, moved, both } = await kept(file, archive)
    expect(both).toBe(0)
    expect(stay.length).toBeGreaterThan(0)
    expect(moved.length).toBeGreaterThan(0)
    expect((await millrace(args)).report?.status).toBe('unchanged')
  })

  it('is finished as it began by a run that is told another time', async () => {
    await using own = await scratch()
    const [file, archive] = [join(own.path, 'plants.duckdb'), join(own.path, 'archive')]
    await copyFile(join(folder, 'loaded.duckdb'), file)
    const args = (now: string) => ['plants-archive', '--from', `duckdb:${file}`, '--to', `file:${archive}`, '--now', now]
    await millrace(args('2026-06-02T10:01:00Z'), (seen, kill) => void (seen === 'load.started' && kill()))

    const later = await millrace([...args('2026-06-03T00:00:00Z'), '--older-than', '1h'])

    expect(later.report, later.problems).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect((await kept(file, archive)).stay.length).toBeGreaterThan(0)
  })
})
