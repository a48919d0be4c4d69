import { duckdb } from '@millrace/duckdb'
import { definePipeline, from, move } from '@millrace/etl-core'
import { parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'
import { reading } from '../duckdb/readings.js'

export default definePipeline({
  name: 'archive',
  connectors: [duckdb, folder],
  params: z.object({ from: z.string().default('duckdb:./plants.duckdb'), to: z.string().default('file:./archive') }),
  build: ({ params, connect }) =>
    move(
      from(
        connect.tableFrom(params.from, {
          table: 'readings',
          schema: reading,
          key: ['plant', 'takenAt'],
          before: { column: 'takenAt', olderThanMs: 24 * 3_600_000 },
        }),
      ).validate(reading),
      connect.objects(params.to, { path: 'readings', layout: 'append', format: parquet() }),
    ),
})
