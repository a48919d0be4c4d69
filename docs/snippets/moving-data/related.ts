import { duckdb } from '@millrace/duckdb'
import { definePipeline, from, move } from '@millrace/etl-core'
import { parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'
import { reading } from '../related-tables/people.js'

// #region schema
const archived = reading.extend({ reading_id: column.int64() })
// #endregion

export default definePipeline({
  name: 'archive-related',
  connectors: [duckdb, folder],
  params: z.object({ from: z.string().default('duckdb:./people.duckdb'), to: z.string().default('file:./archive') }),
  build: ({ params, connect }) =>
    move(
      from(
        // #region source
        connect.tableFrom(params.from, {
          table: 'readings_flat',
          schema: archived,
          key: ['reading_id'],
          before: { column: 'takenAt', olderThanMs: 24 * 3_600_000 },
          removeFrom: 'reading',
        }),
        // #endregion
      ).validate(archived),
      connect.objects(params.to, { path: 'readings', layout: 'append', format: parquet() }),
      // #region options
      { verify: 'values', removeRows: 1_000 },
      // #endregion
    ),
})
