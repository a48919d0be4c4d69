import { definePipeline, from, type RunContext } from '@millrace/etl-core'
import { csv, parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { s3 } from '@millrace/s3'
import * as z from 'zod'
import { archiveParts, folderOf, hourIn } from './archive-parts.js'
import { plantDays } from './day-of.js'
import { type PlantDay, plantDay } from './records.js'

/** What the daily summary can be told. */
export const params = z.strictObject({
  from: z.string().default('file:./archive').describe('The archive: file:./archive or s3://bucket/prefix'),
  to: z.string().default('file:./archive').describe('Where the summaries go, below daily/'),
  day: z.iso
    .date({ error: 'must be a day of the calendar, such as 2026-03-01' })
    .optional()
    .describe('The day, UTC. Default: by daysAgo'),
  daysAgo: z.int().min(1).max(36_500).default(1).describe('Without a day: so many days before the load begins'),
  archived: z.enum(['parquet', 'csv']).default('parquet').describe('What the archive’s objects are written as'),
  format: z.enum(['csv', 'parquet']).default('csv').describe('What the summary is written as'),
})

const dayBefore = ({ load }: RunContext, daysAgo: number) =>
  new Date(load.startedAtMs - daysAgo * 86_400_000).toISOString().slice(0, 10)

/**
 * Count, least, most, mean and median of moisture and temperature for each plant of a day, as `daily/<day>.csv`. Computed from all readings
 * the archive has of that day (UTC), which are in memory at once, and replaced whole when readings came late. A day that is not archived
 * yet has no data; one that is archived in part is summed up in part, until the next run.
 */
export const daily = definePipeline({
  name: 'plants-daily',
  description: 'Sums up a day of the archive, plant by plant',
  connectors: [folder, s3],
  params,
  volatile: ['from', 'to'],
  loadOnly: ['day', 'daysAgo'],
  examples: [
    { flags: '--day 2026-03-01', does: 'that day to ./archive/daily/2026-03-01.csv' },
    { flags: '--from s3://bucket/plants --to s3://bucket/plants', does: 'the day before, in a bucket' },
    { flags: '--days-ago 2', does: 'the day before that, of which all is archived by now' },
  ],
  build: ({ params, connect }) => {
    const dayOf = (ctx: RunContext) => params.day ?? dayBefore(ctx, params.daysAgo)
    const days = archiveParts<PlantDay>({
      connect,
      place: params.from,
      format: params.archived,
      prefix: ctx => folderOf(dayOf(ctx)),
      partOf: key => hourIn(key)?.slice(0, 10),
      groupOf: day => day,
      wanted: dayOf,
      recordsOf: plantDays,
    })
    return from(days)
      .validate(plantDay)
      .into(
        connect.objects(params.to, {
          path: 'daily/{group}.{ext}',
          format: params.format === 'csv' ? csv<PlantDay>() : parquet<PlantDay>(),
        }),
      )
  },
})

export default daily
