import { duckdb } from '@millrace/duckdb'
import { definePipeline, from } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'

const reading = z.object({
  plant: column.int32(),
  name: column.string(100),
  takenAt: column.timestamp(0),
  moisture: column.float64(),
})

export default definePipeline({
  name: 'plants',
  connectors: [folder, duckdb],
  params: z.object({ from: z.string().default('file:./in'), to: z.string().default('duckdb:./plants.duckdb') }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom(params.from, { format: ndjson(), suffix: '.ndjson' }))
      .validate(reading)
      .into(
        connect.tables(params.to, {
          tables: {
            plant: { columns: { number: 'plant', name: 'name' }, key: ['number'] },
            reading: {
              columns: { taken_at: 'takenAt', moisture: 'moisture' },
              references: { plant_id: 'plant' },
              key: ['plant_id', 'taken_at'],
              changes: 'keep',
            },
          },
          views: { readings_flat: 'reading' },
        }),
      ),
})
