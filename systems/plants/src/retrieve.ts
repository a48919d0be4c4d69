import { ConfigError, type Connect, definePipeline, from, type Sink } from '@millrace/etl-core'
import { csv, ndjson, parquet } from '@millrace/formats'
import { folder, streamSink } from '@millrace/objects'
import { s3 } from '@millrace/s3'
import * as z from 'zod'
import { archiveParts, folderOf, hourIn, sortable } from './archive-parts.js'
import { moment } from './duration.js'
import { type ArchivedReading, archivedReading } from './records.js'

/** What to take out of the archive. */
export const params = z.strictObject({
  from: z.string().default('file:./archive').describe('The archive: file:./archive or s3://bucket/prefix'),
  since: moment.default('0001-01-01T00:00:00Z').describe('Readings taken at this moment or later'),
  until: moment.default('9999-12-31T23:59:59Z').describe('Readings taken before this moment'),
  to: z.string().min(1).default('out.csv').describe('A file, by its ending CSV, NDJSON or Parquet; - is standard output, as CSV'),
  archived: z.enum(['parquet', 'csv']).default('parquet').describe('What the archive’s objects are written as'),
})

/**
 * The archive's readings from one moment up to another as one file, in the order they were taken. An hour of the archive is in memory at a
 * time, 2,880 readings of 48 plants. The moments are taken to the millisecond.
 */
export const retrieve = definePipeline({
  name: 'plants-retrieve',
  description: 'Takes the readings of a time out of the archive, as one file',
  connectors: [folder, s3],
  params,
  volatile: ['to'],
  examples: [
    { flags: '--since 2026-03-01T08:00:00Z --until 2026-03-01T09:00:00Z --to out.csv', does: 'an hour, to ./out.csv' },
    { flags: '--from s3://bucket/plants --to -', does: 'everything, to standard output' },
  ],
  build: ({ params, connect }) => {
    const since = new Date(params.since).toISOString()
    const until = new Date(params.until).toISOString()
    if (since >= until)
      throw new ConfigError(
        'ETL_CONFIG_INVALID',
        `There is nothing from ${since} up to ${until}: since must be earlier than until.`,
      )
    const isWanted = ({ recording_taken }: ArchivedReading) =>
      sortable(recording_taken) >= sortable(since) && sortable(recording_taken) < sortable(until)
    const readings = archiveParts<ArchivedReading>({
      connect,
      place: params.from,
      format: params.archived,
      prefix: () => sharedBeginning(folderOf(since), folderOf(until)),
      partOf: key => {
        const hour = hourIn(key)
        return hour !== undefined && hour >= since.slice(0, 13) && hour <= until.slice(0, 13) ? hour : undefined
      },
      // One file: it appears whole.
      groupOf: () => 'readings',
      wanted: () => 'readings',
      // A file of an earlier question would look like the answer.
      evenEmpty: true,
      recordsOf: of => of.filter(isWanted).sort(byTime),
    })
    return from(readings).validate(archivedReading).into(fileAt(params.to, connect))
  },
})

function byTime(a: ArchivedReading, b: ArchivedReading): number {
  const [one, other] = [sortable(a.recording_taken), sortable(b.recording_taken)]
  return one < other ? -1 : one > other ? 1 : a.plant_id - b.plant_id
}

function sharedBeginning(one: string, other: string): string {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return one.slice(0, length)
}

/** A file by its path or place, or standard output. */
function fileAt(to: string, connect: Connect): Sink<ArchivedReading> {
  if (to === '-') return streamSink({ stream: 'stdout', format: csv<ArchivedReading>() })
  // A single letter before the colon is a drive.
  const [, scheme, path] = /^(?:([a-z][a-z0-9+.-]+):)?(.*)$/is.exec(to) as unknown as [string, string | undefined, string]
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  if (!isFormat(ending))
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `"${to}" does not say what to write: its name must end with .csv, .ndjson or .parquet.`,
    )
  const end = path.lastIndexOf('/')
  const place = `${scheme ?? 'file'}:${end < 0 ? '.' : end === 0 ? '/' : path.slice(0, end)}`
  return connect.objects(place, { path: path.slice(end + 1), format: formats[ending]() })
}

const formats = {
  csv: () => csv<ArchivedReading>(),
  ndjson: () => ndjson<ArchivedReading>(),
  parquet: () => parquet<ArchivedReading>(),
}

const isFormat = (ending: string): ending is keyof typeof formats => Object.hasOwn(formats, ending)

export default retrieve
