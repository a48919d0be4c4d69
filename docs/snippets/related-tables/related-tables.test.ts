import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { found, scratch } from '../duckdb/scratch.js'
import people from './people.js'
import plants from './plants.js'

describe('the tables of the guide', () => {
  it('hold what the records say, and the view gives them back', async () => {
    using world = scratch('related-tables/in')

    expect((await run(plants, world.places)).counts).toMatchObject({ written: 4, rejected: 0 })

    await expect(await found(world.file, 'FROM plant ORDER BY ALL')).toMatchFileSnapshot('./plant.txt')
    await expect(await found(world.file, 'FROM reading ORDER BY plant_id, taken_at')).toMatchFileSnapshot('./reading.txt')
    await expect(await found(world.file, 'FROM readings_flat ORDER BY plant, "takenAt"')).toMatchFileSnapshot('./flat.txt')
  })

  it('take the same records again without a change, and overwrite what is not kept', async () => {
    using world = scratch('related-tables/in')
    await run(plants, world.places)
    const before = await found(world.file, 'FROM reading ORDER BY ALL')

    writeFileSync(
      join(world.folder, 'in/tuesday.ndjson'),
      '{"plant":9,"name":"Date palm","takenAt":"2026-03-02T08:00:00Z","moisture":1}\n',
    )
    await run(plants, world.places)

    expect(await found(world.file, 'FROM reading ORDER BY ALL')).toBe(before)
    expect(await found(world.file, 'SELECT name FROM plant WHERE number = 9')).toBe('name\nDate palm\n')
  })
})

describe('history and references of the guide', () => {
  it('keep who looked after a plant and when, and leave out towns that are not known', async () => {
    using world = scratch('related-tables/people')

    const report = await run(people, world.places)

    await expect(await found(world.file, 'FROM plant ORDER BY number, valid_from')).toMatchFileSnapshot('./plant-history.txt')
    await expect(await found(world.file, 'FROM readings_flat ORDER BY plant, "takenAt"')).toMatchFileSnapshot('./people-flat.txt')
    await expect(`${Object.keys(report.rejects.byReason).join('\n')}\n`).toMatchFileSnapshot('./half-a-key.txt')
    expect(report.counts).toMatchObject({ written: 3, rejected: 1 })
  })

  it('pass over what is older than the row that holds, and find the row of its time', async () => {
    using world = scratch('related-tables/people')
    await run(people, world.places)
    const before = await found(world.file, 'FROM plant ORDER BY ALL')
    const late = {
      plant: 7,
      name: 'Old',
      town: null,
      country: null,
      botanist: 'Cleo',
      takenAt: '2026-03-01T08:00:00Z',
      moisture: 1,
    }

    appendFileSync(join(world.folder, 'in/late.ndjson'), `${JSON.stringify(late)}\n`)
    await run(people, world.places)

    expect(await found(world.file, 'FROM plant ORDER BY ALL')).toBe(before)
    const where = `WHERE "takenAt" = TIMESTAMP '2026-03-01 08:00:00'`
    expect(await found(world.file, `SELECT name, botanist FROM readings_flat ${where}`)).toBe('name  botanist\nFern  Ada\n')
  })
})
