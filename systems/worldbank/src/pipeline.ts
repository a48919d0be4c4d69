import { definePipeline, from } from '@millrace/etl-core'
import { csv, parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { s3 } from '@millrace/s3'
import { worldBank } from '@millrace/source-worldbank'
import { params } from './params.js'
import { csvRecord, parquetRecord } from './records.js'

/**
 * World Bank indicators, one CSV or Parquet file per indicator: `<indicator>/<last updated>.<ext>`, and the same content as
 * `<indicator>/latest.<ext>`, in a folder or in an S3 bucket. An indicator whose `lastupdated` has not moved is left untouched.
 */
export const worldbank = definePipeline({
  name: 'worldbank',
  description: 'World Bank indicators to one CSV or Parquet file each',
  connectors: [folder, s3],
  params,
  // Where the API and the files are does not decide what is in them.
  volatile: ['apiUrl', 'to', 'requestsPerSecond', 'attempts'],
  // Each indicator is a group of its own, and its file is the same however it was read.
  loadOnly: ['indicators', 'perPage', 'splitEconomies'],
  examples: [
    { flags: '--indicators SP.POP.TOTL', does: 'population of every economy, all years' },
    {
      flags: '--indicators SP.POP.TOTL,NY.GDP.MKTP.CD --date 2000:2024 --aggregates drop',
      does: 'two indicators, countries only',
    },
    { flags: '--indicators SP.POP.TOTL --format parquet --to file:/data/worldbank', does: 'typed columns, in another folder' },
    { flags: '--indicators SP.POP.TOTL --to s3://bucket/worldbank', does: 'the same files as objects of a bucket' },
  ],
  build: ({ params, connect }) => {
    const { to, format, countries, attempts, ...selection } = params
    const wanted = countries.includes('all') ? 'all' : countries
    const observations = from(worldBank({ ...selection, countries: wanted, retry: { attempts, firstMs: 1_000 } }))
    const place = { path: '{indicator}/{lastUpdated}.{ext}', latest: '{indicator}/latest.{ext}' }
    if (format === 'csv') return observations.validate(csvRecord).into(connect.objects(to, { ...place, format: csv() }))
    return observations
      .derive({ value_text: row => row.value, value: row => (row.value === null ? null : Number(row.value)) })
      .validate(parquetRecord)
      .into(connect.objects(to, { ...place, format: parquet() }))
  },
})
