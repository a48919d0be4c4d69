import { duckdb } from '@millrace/duckdb'
import { definePipeline, from } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'

export const reading = z.object({
  plant: column.string(100),
  takenAt: column.timestamp(0),
  moisture: column.decimal(5, 2),
})

export default definePipeline({
  name: 'readings',
  connectors: [folder, duckdb],
  params: z.object({ from: z.string().default('file:./in'), to: z.string().default('duckdb:./plants.duckdb') }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom(params.from, { format: ndjson(), suffix: '.ndjson' }))
      .validate(reading)
      .into(connect.table(params.to, { table: 'readings', disposition: 'merge', key: ['plant', 'takenAt'] })),
})
