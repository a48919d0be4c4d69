import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline, from, run } from '@millrace/etl-core'
import { arraySource } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { duckdb, duckdbTable, duckdbTables } from '../src/index.js'

const reading = z.object({
  plant: column.int32(),
  name: column.string(),
  takenAt: column.timestamp(3),
  moisture: column.float64(),
})
type Reading = z.infer<typeof reading>
const readings: readonly Reading[] = [1, 2, 3].map(i => ({
  plant: i % 2,
  name: `plant ${i % 2}`,
  takenAt: `2026-01-26T13:00:0${i}.000Z`,
  moisture: i / 3,
}))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-sink-duckdb-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a table of a file that is named outright', async () => {
  const file = join(folder, 'a/plants.duckdb')
  const sink = duckdbTable<Reading>({ file, table: 'readings', disposition: 'merge', key: ['takenAt'], lockWaitMs: 100 })
  const pipeline = definePipeline({
    name: 'plants',
    build: () =>
      from(arraySource({ splits: { a: readings } }))
        .validate(reading)
        .into(sink),
  })

  const report = await run(pipeline)

  expect(report).toMatchObject({
    status: 'succeeded',
    state: `duckdb:${file}`,
    counts: { written: 3 },
    guarantee: { delivery: 'exactly once' },
  })
})

test('related tables of a file, and the flat records back through a view', async () => {
  const file = join(folder, 'plants.duckdb')
  const sink = duckdbTables<Reading>({
    file,
    tables: {
      plant: { columns: { no: 'plant', name: 'name' }, key: ['no'] },
      reading: {
        columns: { at: 'takenAt', moisture: 'moisture' },
        references: { plant_id: 'plant' },
        key: ['plant_id', 'at'],
        changes: 'keep',
      },
    },
    views: { flat: 'reading' },
  })
  const load = definePipeline({
    name: 'load',
    build: () =>
      from(arraySource({ splits: { a: readings } }))
        .validate(reading)
        .into(sink),
  })
  const copy = definePipeline({
    name: 'copy',
    connectors: [duckdb],
    build: ({ connect }) =>
      from(connect.tableFrom<Reading>(`duckdb:${file}`, { table: 'flat', schema: reading, key: ['takenAt'] }))
        .validate(reading)
        .into(connect.table(`duckdb:${file}`, { table: 'copied', disposition: 'replace' })),
  })

  await run(load)
  await run(load)
  const report = await run(copy)

  expect(report).toMatchObject({ status: 'succeeded', counts: { read: 3, written: 3, rejected: 0 } })
})
