import { definePipeline, from, run } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import type { Run } from '../case.js'
import { type Reading, reading } from '../readings.js'
import { sqlServerOfBench } from '../sqlserver-place.js'
import { emptyTable, sqlServerSum } from '../sqlserver-table.js'
import { doneBy } from './finish.js'
import { readingsInto } from './readings-into.js'

/** Made up readings into a table of SQL Server. */
export const readingsIntoSqlServer: Run = async ({ records }) => {
  const { connector, place } = sqlServerOfBench()
  await emptyTable('bench_ours')
  const done = await readingsInto(connector, place, 'bench_ours', records)
  return { ...done, sum: () => sqlServerSum('bench_ours') }
}

/** The rows of the table that {@link readingsIntoSqlServer} filled, by their key, to a CSV file. */
export const sqlServerToCsv: Run = async ({ folder: out }) => {
  const { connector, place } = sqlServerOfBench()
  const pipeline = definePipeline({
    name: 'readings-out',
    connectors: [connector, folder],
    build: ({ connect }) =>
      from(connect.tableFrom<Reading>(place, { table: 'bench_ours', schema: reading, key: ['reading_id'] })).into(
        connect.objects(`file:${out}`, { path: 'readings.csv', format: csv() }),
      ),
  })
  return doneBy(await run(pipeline), out)
}
