import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePipeline, from, memoryState, run } from '@millrace/etl-core'
import { arraySource, memorySink } from '@millrace/etl-testkit'
import { column } from '@millrace/schema'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { duckdb, duckdbRows } from '../src/index.js'

const reading = z.object({ id: column.int64(), price: column.decimal(20, 4) })
type Reading = z.infer<typeof reading>
const of = (...ids: readonly number[]): Reading[] =>
  ids.map(id => ({ id: 9007199254740993n + BigInt(id), price: '1234567890123456.7890' }))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-source-duckdb-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('rows of a file that is named outright, each once, and later what is new', async () => {
  const file = join(folder, 'plants.duckdb')
  const load = (records: readonly Reading[]) =>
    run(
      definePipeline({
        name: 'load',
        connectors: [duckdb],
        build: ({ connect }) =>
          from(arraySource({ splits: { a: records } }))
            .validate(reading)
            .into(connect.table(`duckdb:${file}`, { table: 'readings' })),
      }),
    )
  const sink = memorySink<Reading>()
  const state = memoryState()
  const read = () => {
    const source = duckdbRows<Reading>({
      file,
      table: 'readings',
      schema: reading,
      key: ['id'],
      newOnly: true,
      splits: 2,
      pageRows: 2,
    })
    return run(definePipeline({ name: 'read', build: () => from(source).into(sink) }), undefined, { state })
  }
  await load(of(5, 3, 1))
  await read()
  await load(of(8, 7))

  const report = await read()

  expect(report).toMatchObject({ status: 'succeeded', counts: { read: 2 } })
  expect(sink.visible().toSorted((a, b) => Number(a.id - b.id))).toEqual(of(1, 3, 5, 7, 8))
  expect((await read()).status).toBe('unchanged')
})
