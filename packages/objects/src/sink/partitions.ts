import { ConfigError, type FlowFacts, isRecordError, RecordError, type UnitReceipt } from '@millrace/etl-core'
import { type Lane, openLane } from './lane.js'
import type { Lanes, LanesOptions } from './lanes.js'
import type { Part } from './parts.js'

/** Open at a time in one split: each has an encoder of its own. The one that was written to longest ago makes room. */
const openAtMost = 64

/** What Hive writes for null and for empty text, and takes for null. */
export const nullPartition = '__HIVE_DEFAULT_PARTITION__'

/** What a partition's folder may be called, in bytes of UTF-8: file systems take 255. */
const folderBytesAtMost = 200
/** All of a record's folders together: buckets take keys of 1,024 bytes, with the path before and the object's name behind. */
const foldersBytesAtMost = 700

/** Characters Hive escapes in partition names (FileUtils.charToEscape), as `%2F`. */
const escaped = /[\p{Cc}"#%'*/:=?\\{[\]^]/gu

const escapeName = (text: string) =>
  text.replace(escaped, char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/**
 * The partition of a record: `year=2025/country=NO/`.
 *
 * @throws RecordError `ETL_RECORD_REFUSED` for a value that is no text, number, boolean, date or null, and for one that no key can hold.
 */
export function partitionOf(record: Readonly<Record<string, unknown>>, fields: readonly string[]): string {
  let path = ''
  for (const field of fields) {
    const folder = `${escapeName(field)}=${partitionValue(record[field], field)}/`
    const problem = folderProblem(folder)
    if (problem) throw refused(`A partition cannot be named after it: "${field}" is ${shown(record[field])}, ${problem}.`, field)
    path += folder
  }
  if (isLonger(path, foldersBytesAtMost)) {
    const names = fields.join(', ')
    throw refused(
      `The partition of ${names} would have a name of ${Buffer.byteLength(path)} bytes, more than a key takes.`,
      ...fields,
    )
  }
  return path
}

function folderProblem(folder: string): string | undefined {
  if (isLonger(folder, folderBytesAtMost)) return `which is longer than a name may be (${folderBytesAtMost} bytes, escaped)`
  return /\p{Surrogate}/u.test(folder) ? 'which holds half a character (a lone surrogate)' : undefined
}

const isLonger = (text: string, bytes: number) => text.length * 3 > bytes && Buffer.byteLength(text) > bytes

/** A value for people. Only text is ever too long. */
const shown = (value: unknown) => {
  const text = String(value)
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

const refused = (message: string, ...path: readonly string[]) => new RecordError('ETL_RECORD_REFUSED', message, { path })

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
  throw refused(`A partition cannot be named after this value of "${field}".`, field)
}

/**
 * One stream per partition. The partition's fields are in its name and not in its objects, as Hive and Athena have it. Objects are made
 * anew by every load and never replaced, so units may end at every flush, whatever the format.
 */
export function partitionLanes<T>(options: LanesOptions<T> & { readonly fields: readonly string[] }): Lanes<T> {
  const { format, stage, partBytes, fields } = options
  const parts: Part[] = []
  /** By partition: what one that was closed, in this attempt or an earlier one, goes on from. */
  const units = new Map<string, UnitReceipt[]>()
  // In order of use: a lane that is written to moves to the end.
  const lanes = new Map<string, Lane<T>>()
  let openRecords = 0

  const keep = (more: readonly Part[]) => {
    for (const part of more) {
      parts.push(part)
      const known = units.get(part.partition ?? '')
      if (known) known.push(...part.units)
      else units.set(part.partition ?? '', [...part.units])
    }
  }
  keep(options.parts)
  const close = async (partition: string, lane: Lane<T>) => {
    openRecords -= lane.openRecords
    await lane.endUnit()
    await lane.stageFinished()
    keep(lane.parts)
    lanes.delete(partition)
  }
  const laneOf = async (partition: string): Promise<Lane<T>> => {
    const known = lanes.get(partition)
    if (!known) for (const [other, lane] of lanes) if (lanes.size >= openAtMost) await close(other, lane)
    const lane = known ?? openLane<T>({ format, stage, named: true, partition, before: units.get(partition) ?? [] })
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
