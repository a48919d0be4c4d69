import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { duckdbWith } from '@millrace/duckdb'
import { definePipeline, from, run } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import type { Run } from '../case.js'
import { duckdbSum } from '../duckdb-sum.js'
import { type Reading, reading } from '../readings.js'
import { duckdbLimitMb } from './duckdb-limit.js'
import { doneBy } from './finish.js'
import { readingsInto } from './readings-into.js'

const duckdb = duckdbWith({ memoryLimit: `${duckdbLimitMb}MB` })

/** A file is let go of a quarter of a second after its last use. */
const lettingGoMs = 400

/** Made up readings into a table of a DuckDB file. */
export const readingsIntoDuckdb: Run = async ({ records, folder }) => {
  const file = join(folder, 'readings.duckdb')
  const done = await readingsInto(duckdb, `duckdb:${file}`, 'readings', records)
  const sum = async () => {
    await setTimeout(lettingGoMs)
    return duckdbSum(file)
  }
  return { ...done, bytesOut: (await sizeOf(file)) + (await sizeOf(`${file}.wal`)), sum }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )

/** The rows of a table of a DuckDB file, by their key, to a CSV file. The table was made before, by {@link readingsIntoDuckdb}. */
export const duckdbToCsv: Run = async ({ input, folder: out }) => {
  const pipeline = definePipeline({
    name: 'readings-out',
    connectors: [duckdb, folder],
    build: ({ connect }) =>
      from(connect.tableFrom<Reading>(`duckdb:${input}`, { table: 'readings', schema: reading, key: ['reading_id'] })).into(
        connect.objects(`file:${out}`, { path: 'readings.csv', format: csv() }),
      ),
  })
  return doneBy(await run(pipeline), out)
}
