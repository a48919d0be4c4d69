import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { definePipeline, from, move, run, type Source } from '@millrace/etl-core'
import { parquet } from '@millrace/formats'
import { folder as files } from '@millrace/objects'
import { describe, expect, it } from 'vitest'
import { duckdb } from '../duckdb/options.js'
import readings, { reading } from '../duckdb/readings.js'
import { asked, found, printed, scratch, snippet } from '../duckdb/scratch.js'
import people from '../related-tables/people.js'
import archive from './archive.js'
import related from './related.js'

/** As if it were then, so that what is older than a day is always the same. */
const at = (time: string) => ({ clock: { now: () => Date.parse(time) } })

/** What an archive holds. */
const archived = (folder: string, columns: string) => {
  const there = readdirSync(join(folder, 'archive/readings')).length > 0
  return there
    ? found(':memory:', `SELECT ${columns} FROM read_parquet('${folder}/archive/readings/*.parquet') ORDER BY ALL`)
    : ''
}

describe('the move of the guide', () => {
  it('moves what is older than a day, once, and leaves the rest', async () => {
    using world = scratch('duckdb/in')
    await run(readings, world.places)
    await asked(world.file, "INSERT INTO readings VALUES ('moss', now() AT TIME ZONE 'UTC', 88)")
    const places = { from: world.places.to, to: `file:${world.folder}/archive` }

    const said = await printed(world.folder, 'run', snippet('moving-data/archive.ts'), '--from', places.from, '--to', places.to)

    await expect(said.replace(/[0-9a-f]{16}/, '<batch>').replace(/, \d+ B/, ', 512 B')).toMatchFileSnapshot('./run.txt')
    expect(await found(world.file, 'SELECT plant FROM readings')).toBe('plant\nmoss\n')
    expect(await archived(world.folder, 'plant, moisture')).toBe('plant  moisture\nfern   41.75\npalm   17.25\n')
    expect((await run(archive, places)).status).toBe('unchanged')
  })
})

describe('the move of related tables', () => {
  it('reads a view and removes from the table it is of, and nothing else', async () => {
    using world = scratch('related-tables/people')
    await run(people, world.places)
    const places = { from: world.places.to, to: `file:${world.folder}/archive` }

    const report = await run(related, places, at('2026-03-04T00:00:00Z'))

    expect(report.groups).toMatchObject([{ removed: 2 }])
    expect(await found(world.file, 'SELECT count(*) AS readings, (SELECT count(*) FROM plant) AS plants FROM reading')).toBe(
      'readings  plants\n1         3\n',
    )
    expect(await archived(world.folder, 'plant, botanist')).toBe('plant  botanist\n7      Ada\n9      Ada\n')
  })
})

/** A move of all readings whose database goes away as rows are to be removed, so often. */
const failing = (places: { readonly from: string; readonly to: string }, times: number, verify: 'values' | 'counts' = 'values') =>
  definePipeline({
    name: 'archive',
    connectors: [duckdb, files],
    build: ({ connect }) => {
      const rows = connect.tableFrom(places.from, { table: 'readings', schema: reading, key: ['plant', 'takenAt'] })
      const removal = rows.removal as NonNullable<typeof rows.removal>
      const source: Source<(typeof reading)['_output']> = {
        ...rows,
        removal: {
          key: removal.key,
          remove(keys, ctx) {
            if (times-- > 0) throw new Error('the database is gone')
            return removal.remove(keys, ctx)
          },
        },
      }
      const to = connect.objects(places.to, { path: 'readings', layout: 'append', format: parquet() })
      return move(from(source).validate(reading), to as never, { verify })
    },
  })

describe('a move that was cut off before it removed anything', () => {
  it('is finished by the next run, as it was begun, and by no other', async () => {
    using world = scratch('duckdb/in')
    await run(readings, world.places)
    const places = { from: world.places.to, to: `file:${world.folder}/archive` }

    expect(await run(failing(places, 1))).toMatchObject({ status: 'failed', error: { message: 'the database is gone' } })
    expect(await found(world.file, 'SELECT count(*) AS n FROM readings')).toBe('n\n2\n')
    expect(await archived(world.folder, 'plant')).toBe('plant\nfern\npalm\n')
    // The guide warns of it: a row is known by its key alone, and what it holds by now is not looked at.
    await asked(world.file, "UPDATE readings SET moisture = 1 WHERE plant = 'palm'")
    await asked(world.file, "INSERT INTO readings VALUES ('moss', '2026-03-02 08:30:00', 88)")

    const unfinished = { code: 'ETL_MOVE_UNFINISHED' }
    await expect(run(failing(places, 0), {}, { full: true })).rejects.toMatchObject(unfinished)
    await expect(run(failing(places, 0, 'counts'))).rejects.toMatchObject(unfinished)
    expect(await run(failing(places, 0))).toMatchObject({ status: 'succeeded', attempt: 2, groups: [{ removed: 2 }] })
    expect(await found(world.file, 'SELECT plant FROM readings')).toBe('plant\nmoss\n')
    expect(await archived(world.folder, 'plant, moisture')).toBe('plant  moisture\nfern   41.75\npalm   17.25\n')
  })
})
