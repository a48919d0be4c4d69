import { duckdb } from '@millrace/duckdb'
import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'
import { reading } from './readings.js'

export default definePipeline({
  name: 'export',
  connectors: [duckdb, folder],
  params: z.object({ from: z.string().default('duckdb:./plants.duckdb'), to: z.string().default('file:./out') }),
  build: ({ params, connect }) =>
    from(
      // #region source
      connect.tableFrom(params.from, { table: 'readings', schema: reading, key: ['plant', 'takenAt'] }),
      // #endregion
    ).into(connect.objects(params.to, { path: 'readings.csv', format: csv() })),
})
