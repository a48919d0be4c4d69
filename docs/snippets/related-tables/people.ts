import { duckdb } from '@millrace/duckdb'
import { definePipeline, from } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'

// #region schema
export const reading = z.object({
  plant: column.int32(),
  name: column.string(100),
  town: column.string(100).nullable(),
  country: column.string(100).nullable(),
  botanist: column.string(100),
  takenAt: column.timestamp(0),
  moisture: column.float64(),
})
// #endregion

export default definePipeline({
  name: 'people',
  connectors: [folder, duckdb],
  params: z.object({ from: z.string().default('file:./people'), to: z.string().default('duckdb:./people.duckdb') }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom(params.from, { format: ndjson(), suffix: '.ndjson' }))
      .validate(reading)
      .into(
        // #region tables
        connect.tables(params.to, {
          tables: {
            town: { columns: { name: 'town', country: 'country' }, key: ['name', 'country'] },
            botanist: { columns: { name: 'botanist' }, key: ['name'] },
            plant: {
              columns: { number: 'plant', name: 'name' },
              references: { town_id: 'town', botanist_id: 'botanist' },
              key: ['number'],
              history: { of: ['botanist_id'], at: 'takenAt' },
            },
            reading: {
              columns: { taken_at: 'takenAt', moisture: 'moisture' },
              references: { plant_id: 'plant' },
              key: ['plant_id', 'taken_at'],
              changes: 'keep',
              id: 'reading_id',
            },
          },
          views: { readings_flat: 'reading' },
        }),
        // #endregion
      ),
})
