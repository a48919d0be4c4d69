import { ConfigError, type FlowFacts, isRecordError, RecordError } from '@millrace/etl-core'
import { type Lane, openLane } from './lane.js'
import type { Lanes, LanesOptions } from './lanes.js'
import type { Part } from './parts.js'

/** Open at a time in one split: each has an encoder of its own. The one that was written to longest ago makes room. */
const openAtMost = 64

/** What Hive writes for null and for empty text, and takes for null. */
const nullPartition = '__HIVE_DEFAULT_PARTITION__'

/** Characters Hive escapes in partition names (FileUtils.charToEscape), as `%2F`. */
const escaped = /[\p{Cc}"#%'*/:=?\\{[\]^]/gu

const escapeName = (text: string) =>
  text.replace(escaped, char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/**
 * The partition of a record: `year=2025/country=NO/`.
 *
 * @throws RecordError `ETL_RECORD_REFUSED` for a value that is no text, number, boolean, date or null.
 */
export function partitionOf(record: Readonly<Record<string, unknown>>, fields: readonly string[]): string {
  let path = ''
  for (const field of fields) path += `${escapeName(field)}=${partitionValue(record[field], field)}/`
  return path
}

function partitionValue(value: unknown, field: string): string {
  if (value === null || value === undefined || value === '') return nullPartition
  switch (typeof value) {
    case 'string':
      return escapeName(value)
    case 'number':
      if (Number.isFinite(value)) return escapeName(String(value))
      break
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      if (value instanceof Date && !Number.isNaN(value.getTime())) return escapeName(value.toISOString())
  }
  throw new RecordError('ETL_RECORD_REFUSED', `A partition cannot be named after this value of "${field}".`, { path: [field] })
}

/**
 * One stream per partition. The partition's fields are in its name and not in its objects, as Hive and Athena have it. Objects are made
 * anew by every load and never replaced, so units may end at every flush, whatever the format.
 */
export function partitionLanes<T>(options: LanesOptions<T> & { readonly fields: readonly string[] }): Lanes<T> {
  const { format, stage, partBytes, fields } = options
  const parts: Part[] = [...options.parts]
  // In order of use: a lane that is written to moves to the end.
  const lanes = new Map<string, Lane<T>>()
  let openRecords = 0

  const close = async (partition: string, lane: Lane<T>) => {
    openRecords -= lane.openRecords
    await lane.endUnit()
    await lane.stageFinished()
    parts.push(...lane.parts)
    lanes.delete(partition)
  }
  const laneOf = async (partition: string): Promise<Lane<T>> => {
    const known = lanes.get(partition)
    if (!known) for (const [other, lane] of lanes) if (lanes.size >= openAtMost) await close(other, lane)
    const lane = known ?? openLane<T>({ format, stage, named: true, partition })
    lanes.delete(partition)
    lanes.set(partition, lane)
    return lane
  }
  const shrink = async () => {
    const total = () => [...lanes.values()].reduce((sum, lane) => sum + lane.bytes, 0)
    while (total() >= partBytes) {
      const [partition, lane] = [...lanes].reduce((a, b) => (b[1].bytes > a[1].bytes ? b : a)) as [string, Lane<T>]
      await close(partition, lane)
    }
  }
  const end = async () => {
    for (const [partition, lane] of lanes) await close(partition, lane)
  }

  return {
    async take(batch) {
      const { groups, rejected } = partitionRows(batch.rows.toArray(), fields)
      for (const [partition, { rows, origin }] of groups) {
        const lane = await laneOf(partition)
        const encoded = await lane.take(rows, batch.id)
        openRecords += encoded.taken
        for (const { row, error } of encoded.rejected) rejected.push({ row: origin[row] as number, error })
      }
      await shrink()
      return rejected
    },
    get settled() {
      return openRecords === 0
    },
    flush: end,
    end,
    get parts() {
      return parts
    },
  }
}

function partitionRows<T>(rows: readonly T[], fields: readonly string[]) {
  const groups = new Map<string, { rows: T[]; origin: number[] }>()
  const rejected: { row: number; error: RecordError }[] = []
  for (const [row, record] of rows.entries()) {
    try {
      const partition = partitionOf(record as Record<string, unknown>, fields)
      const group = groups.get(partition) ?? { rows: [], origin: [] }
      groups.set(partition, group)
      group.rows.push(without(record as object, fields) as T)
      group.origin.push(row)
    } catch (error) {
      if (!isRecordError(error)) throw error
      rejected.push({ row, error })
    }
  }
  return { groups, rejected }
}

function without(record: object, fields: readonly string[]): object {
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) if (!fields.includes(name)) rest[name] = value
  return rest
}

/**
 * What a format may know of the flow when these fields are not in its objects. zod's objects can leave fields out; of other schemas
 * nothing is told, so that a format that needs columns says so.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for a field the record schema does not have.
 */
export function factsWithout(facts: FlowFacts, fields: readonly string[]): FlowFacts {
  const schema = facts.schema as unknown as
    | { readonly shape?: Readonly<Record<string, unknown>>; omit?(fields: Record<string, true>): FlowFacts['schema'] }
    | undefined
  if (!schema) return facts
  const lacking = schema.shape ? fields.filter(field => !Object.hasOwn(schema.shape ?? {}, field)) : []
  if (lacking.length > 0) {
    throw new ConfigError(
      'ETL_CONFIG_INVALID',
      `"partitionBy" names ${lacking.map(field => `"${field}"`).join(', ')}, and the record schema has ${Object.keys(schema.shape ?? {}).join(', ')}.`,
    )
  }
  const { schema: _whole, ...rest } = facts
  try {
    const left = schema.omit?.(Object.fromEntries(fields.map(field => [field, true as const])))
    return left ? { ...rest, schema: left } : rest
  } catch {
    // Refined objects cannot leave fields out.
    return rest
  }
}
