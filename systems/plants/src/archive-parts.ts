import {
  ConfigError,
  type Connect,
  type Format,
  hashOf,
  type Plan,
  type RunContext,
  recordsOf,
  type Source,
  type Split,
  splitId,
  type Unreadable,
} from '@millrace/etl-core'
import { csv, parquet } from '@millrace/formats'
import { type ArchivedReading, archivedReading } from './records.js'

/** How the archive's objects are written. */
export type ArchiveFormat = 'parquet' | 'csv'

/** Which part of the archive is read, and what is made of it. */
export interface ArchivePartsOptions<T> {
  readonly connect: Connect
  /** The archive's place. */
  readonly place: string
  readonly format: ArchiveFormat
  /** Keys to look at begin with this. Asked again whenever it is needed: the same load must give the same. */
  prefix(ctx: RunContext): string
  /** The part an object belongs to, from its key; undefined: none of those asked for. Parts are read in the order of their keys. */
  partOf(key: string, ctx: RunContext): string | undefined
  /** What becomes visible together. */
  groupOf(part: string): string
  /** The group that is asked for. Where the archive has nothing for it, it is said to have no data. */
  wanted(ctx: RunContext): string
  /** Where the archive has nothing, the group is loaded all the same, without a record: what it held before would look like the answer. */
  readonly evenEmpty?: boolean
  /** The records of one part, from all its readings. */
  recordsOf(readings: readonly ArchivedReading[], part: string): readonly T[]
}

/** Objects of one part, as `split.params` carries them. */
interface PartParams {
  readonly part: string
  readonly objects: readonly Split[]
}

/**
 * Reads the archive part by part, an hour or a day: all readings of a part are in memory at once, so what is made of them may sort and
 * aggregate. A day of 48 plants is 69,120 readings.
 *
 * A group whose objects are as the last load read them is skipped as unchanged; whatever came late makes it read anew. Objects that were
 * replaced while they are read fail with `ETL_SOURCE_CHANGED`, and what no reading can be made of is a reject.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` while it plans, where all the archive has is in the other format.
 */
export function archiveParts<T>(options: ArchivePartsOptions<T>): Source<T> {
  const { connect, place, format } = options
  const objectsOf = (ctx: RunContext, as = format) =>
    connect.objectsFrom<object>(place, {
      format: formatOf(as),
      prefix: options.prefix(ctx),
      suffix: `.${as}`,
      reread: true,
    })

  const partsOf = async (ctx: RunContext, as = format) => {
    const parts = new Map<string, Split[]>()
    for (const object of (await objectsOf(ctx, as).plan(ctx)).splits) {
      const part = options.partOf(object.group ?? '', ctx)
      if (part !== undefined) parts.set(part, [...(parts.get(part) ?? []), object])
    }
    return parts
  }

  return Object.freeze<Source<T>>({
    name: 'archive',
    capabilities: { resumable: false, rereads: 'same' },
    identity: { format },
    // Beginning with nothing: which hours it looks at follows from the load.
    access: pipeline =>
      connect.objectsFrom<object>(place, { format: formatOf(format), suffix: `.${format}` }).access?.(pipeline) ?? [],

    async plan(ctx): Promise<Plan> {
      const parts = await partsOf(ctx)
      const other = format === 'csv' ? 'parquet' : 'csv'
      if (parts.size === 0 && (await partsOf(ctx, other)).size > 0) throw otherFormat(place, format, other)
      const wanted = options.wanted(ctx)
      if (parts.size === 0 && !options.evenEmpty) return { splits: [], skipped: [{ group: wanted, reason: 'no data' }] }
      if (parts.size === 0) parts.set('', [])
      const splits = [...parts].map(([part, of]): Split => {
        const group = part === '' ? wanted : options.groupOf(part)
        const params: PartParams = { part, objects: of }
        return {
          id: splitId(
            part || wanted,
            of.map(({ id }) => id),
          ),
          params: JSON.parse(JSON.stringify(params)),
          group,
          labels: { group },
        }
      })
      const bookmarks = Object.fromEntries(
        [...new Set(splits.map(({ group }) => group as string))].map(group => [
          group,
          hashOf(splits.filter(split => split.group === group).map(({ id }) => id)),
        ]),
      )
      const same = (group: string | undefined) => ctx.bookmarks.get(group as string) === bookmarks[group as string]
      return {
        splits: splits.filter(({ group }) => !same(group)),
        skipped: Object.keys(bookmarks)
          .filter(same)
          .map(group => ({ group, reason: 'unchanged' })),
        bookmarks,
      }
    },

    async *read(split, _from, ctx) {
      const { part, objects } = split.params as unknown as PartParams
      const readings: ArchivedReading[] = []
      const unreadable: Unreadable[] = []
      let bytes = 0
      for (const object of objects) {
        for await (const batch of objectsOf(ctx).read(object, undefined, { ...ctx, split: object })) {
          for (const record of recordsOf(batch.records)) readings.push(readingOf(record, format))
          unreadable.push(...(batch.unreadable ?? []))
          bytes += batch.bytes ?? 0
        }
      }
      yield { records: options.recordsOf(readings, part), unreadable, bytes, cursor: part }
    },
  })
}

function otherFormat(place: string, format: ArchiveFormat, other: ArchiveFormat): ConfigError {
  return new ConfigError(
    'ETL_CONFIG_INVALID',
    `The archive at ${place} has no ${format} there, but ${other}: say so (archived: ${other}).`,
  )
}

const formatOf = (format: ArchiveFormat): Format<object> => (format === 'csv' ? csv() : parquet())

const numbers = ['plant_id', 'soil_moisture', 'temperature'] as const

/** In CSV everything is text, and nothing is both null and empty text. */
function readingOf(record: unknown, format: ArchiveFormat): ArchivedReading {
  if (format === 'parquet') return record as ArchivedReading
  const texts = record as Readonly<Record<string, string>>
  const fields: Record<string, unknown> = Object.fromEntries(
    Object.keys(archivedReading.shape).map(name => [name, texts[name] === '' ? null : texts[name]]),
  )
  for (const name of numbers) fields[name] = Number(texts[name])
  return { ...fields, reading_id: BigInt(texts.reading_id ?? '') } as ArchivedReading
}

/** A moment as text that sorts: the digits behind the second vary from reading to reading. */
export function sortable(time: string): string {
  const [second = '', digits = ''] = time.replace('Z', '').split('.')
  return `${second}.${digits.padEnd(6, '0')}`
}

/** The hour of an object below `readings/`, as `2026-03-01T08`; undefined for a key that has none. */
export function hourIn(key: string): string | undefined {
  const [, year, month, day, hour] = /\/year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/hour=(\d\d)\//.exec(`/${key}`) ?? []
  return hour === undefined ? undefined : `${year}-${month}-${day}T${hour}`
}

/** Where the objects of an hour, or of a whole day or more of them, begin: `readings/year=2026/month=03/day=01/hour=08/`. */
export function folderOf(time: string): string {
  const [year, month, day, hour] = [time.slice(0, 4), time.slice(5, 7), time.slice(8, 10), time.slice(11, 13)]
  return ['readings', `year=${year}`, month && `month=${month}`, day && `day=${day}`, hour && `hour=${hour}`, '']
    .filter((part, at) => part !== '' || at === 5)
    .join('/')
}
