import { duckdb } from '@millrace/duckdb'
import { definePipeline, from, move } from '@millrace/etl-core'
import { csv, parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { s3 } from '@millrace/s3'
import { sqlServer } from '@millrace/sqlserver'
import * as z from 'zod'
import { duration, durationMs, moment } from './duration.js'
import { archivedReading, hourOf, type PartitionedReading, partitionedReading } from './records.js'

/** What the archive can be told. */
export const params = z.strictObject({
  from: z
    .string()
    .default('duckdb:./plants.duckdb')
    .describe('The database: duckdb:./plants.duckdb or sqlserver://host/database'),
  to: z.string().default('file:./archive').describe('The archive: file:./archive or s3://bucket/prefix'),
  olderThan: duration.default('24h').describe('Only readings taken so long before now'),
  now: moment.optional().describe('What counts as now. Default: when the move begins'),
  format: z.enum(['parquet', 'csv']).default('parquet').describe('What the archive’s objects are written as'),
})

/**
 * Moves readings that are older than a day from the database to the archive, below `readings/year=/month=/day=/hour=` by the hour they were
 * taken in, UTC. They are removed from the database once they were read back from the archive. Meant for every hour.
 */
export const archive = definePipeline({
  name: 'plants-archive',
  description: 'Moves old readings from the database to the archive, hour by hour',
  connectors: [duckdb, sqlServer, folder, s3],
  params,
  // Which readings are old was decided when the move began: one that was killed is finished as it began, whatever is said later.
  volatile: ['from', 'to', 'olderThan', 'now'],
  examples: [
    { flags: '--older-than 24h', does: 'what was taken more than a day ago, to ./archive' },
    { flags: '--to s3://bucket/plants --format csv', does: 'the same to a bucket, as CSV' },
  ],
  build: ({ params, connect }) => {
    const olderThanMs = durationMs(params.olderThan)
    const readings = connect.tableFrom(params.from, {
      table: 'plant_readings',
      schema: archivedReading,
      key: ['reading_id'],
      before: { column: 'recording_taken', olderThanMs, ...(params.now === undefined ? {} : { now: params.now }) },
      removeFrom: 'reading',
    })
    const format = params.format === 'csv' ? csv<PartitionedReading>() : parquet<PartitionedReading>()
    return move(
      from(readings)
        .map(reading => ({ ...reading, ...hourOf(reading.recording_taken) }))
        .validate(partitionedReading),
      connect.objects(params.to, { path: 'readings', layout: 'append', partitionBy: ['year', 'month', 'day', 'hour'], format }),
    )
  },
})

export default archive
