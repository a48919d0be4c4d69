import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { definePipeline, from, run } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { describe, expect, it } from 'vitest'
import exporting from './export.js'
import { duckdb } from './options.js'
import readings, { type reading } from './readings.js'
import { wider, withLight } from './schemas.js'
import { asked, found, printed, scratch, snippet } from './scratch.js'

describe('the table of the guide', () => {
  it('is made and filled, once, and read with DuckDB itself', async () => {
    using world = scratch('duckdb/in')

    const said = await printed(world.folder, 'run', snippet('duckdb/readings.ts'), ...world.flags)
    const again = await run(readings, world.places)
    await asked(world.file, 'SELECT 1')
    const looked = execFileSync(process.execPath, [snippet('duckdb/look.mjs')], { cwd: world.folder, encoding: 'utf8' })

    await expect(said).toMatchFileSnapshot('./run.txt')
    await expect(looked).toMatchFileSnapshot('./rows.txt')
    expect(again.status).toBe('unchanged')
  })

  it('is read again, page by page, into a CSV file', async () => {
    using world = scratch('duckdb/in')
    await run(readings, world.places)

    await run(exporting, { from: world.places.to, to: `file:${world.folder}/out` })

    const lines = readFileSync(join(world.folder, 'out/readings.csv'), 'utf8').trimEnd().split('\n')
    expect(lines).toEqual(['plant,takenAt,moisture', 'fern,2026-03-02T08:00:00Z,41.75', 'palm,2026-03-02T08:00:00Z,17.25'])
  })
})

/** The pipeline of the guide with another schema. */
const withSchema = (
  schema: typeof withLight | typeof wider,
  { from: lines, to }: { readonly from: string; readonly to: string },
) =>
  definePipeline({
    name: 'readings',
    connectors: [folder, duckdb],
    build: ({ connect }) =>
      from(connect.objectsFrom(lines, { format: ndjson(), suffix: '.ndjson' }))
        .map(line => ({ light: null, ...(line as (typeof reading)['_output']) }))
        .validate(schema as typeof withLight)
        .into(connect.table(to, { table: 'readings', disposition: 'merge', key: ['plant', 'takenAt'] })),
  })

describe('a table that is there', () => {
  it('grows by a nullable column, and is loaded anew for it', async () => {
    using world = scratch('duckdb/in')
    await run(readings, world.places)

    const report = await run(withSchema(withLight, world.places))

    expect(report.notes.join()).toContain('Loaded anew and replaced')
    expect(await found(world.file, 'SELECT count(*) AS n, count(light) AS light FROM readings')).toBe('n  light\n2  0\n')
  })

  it('takes no other change, and the error has the statement', async () => {
    using world = scratch('duckdb/in')
    await run(readings, world.places)

    const refused = await run(withSchema(wider, world.places)).catch(error => error)

    expect(refused.code).toBe('ETL_SCHEMA_INCOMPATIBLE')
    await expect(`${refused.message.replace(`${world.folder}/`, './')}\n`).toMatchFileSnapshot('./wider.txt')
  })

  it('refuses rows by a rule of its own, and takes the others', async () => {
    using world = scratch('duckdb/in')
    await asked(world.file, readFileSync(snippet('duckdb/checked.sql'), 'utf8'))

    const report = await run(readings, world.places)
    const flags = [...world.flags, '--reject-stage', 'sink']
    const shown = await printed(world.folder, 'rejects', 'show', snippet('duckdb/readings.ts'), ...flags)

    expect(report.counts).toMatchObject({ written: 2, rejected: 2 })
    await expect(shown).toMatchFileSnapshot('./refused.txt')
  })
})
