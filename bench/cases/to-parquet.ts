import { basename, dirname } from 'node:path'
import { definePipeline, from, run } from '@millrace/etl-core'
import { csv, parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'
import type { Run } from '../case.js'
import type { Indicator } from '../inputs/indicators.js'
import { doneBy } from './finish.js'

const indicator = z.object({
  iso3: column.string(),
  country: column.string(),
  indicator: column.string(),
  year: column.int32(),
  value: column.float64().nullable(),
  unit: column.string(),
  lastupdated: column.string(),
})

/** A CSV file to a Parquet file, two of its columns as numbers. */
export const toParquet: Run = async ({ input, folder: out }) => {
  const pipeline = definePipeline({
    name: 'to-parquet',
    connectors: [folder],
    build: ({ connect }) =>
      from(connect.objectsFrom<Indicator>(`file:${dirname(input)}`, { format: csv<Indicator>(), keys: [basename(input)] }))
        .cast({ year: 'int32', value: 'float64' })
        .validate(indicator)
        .into(connect.objects(`file:${out}`, { path: 'indicators.parquet', format: parquet() })),
  })
  return doneBy(await run(pipeline), out)
}
