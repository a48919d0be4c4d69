import { definePipeline, from } from '@millrace/etl-core'
import { csv, parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'

/** A line of the file: text, all of it. */
interface Line {
  readonly id: string
  readonly total: string
  readonly placedAt: string
  readonly note: string
}

// #region schema
export const order = z.object({
  id: column.int64(), // bigint
  total: column.decimal(18, 4), // text: '12.5000'
  placedAt: column.timestamp(6), // text: '2025-02-04T13:54:32.123456Z'
  note: column.string(200).nullable(),
})
// #endregion

// #region pipeline
export default definePipeline({
  name: 'orders-to-parquet',
  connectors: [folder],
  build: ({ connect }) =>
    from(connect.objectsFrom<Line>('file:./in', { format: csv(), suffix: '.csv' }))
      .cast({ id: 'int64', total: 'decimal', placedAt: 'timestamp', note: 'string' })
      .validate(order)
      .into(connect.objects('file:./out', { path: '{stem}.parquet', format: parquet() })),
})
// #endregion
