import { isRecordError, RecordError, type RefusedRow } from '@millrace/etl-core'
import { type Column, checkValue, invalidValue, type Value } from '@millrace/schema/columns'
import type { DatabaseRules, RelationalPlan } from './plan.js'

/**
 * Reads a record's values, in the order of the plan's fields, into `values`: checked against their types, lengths and ranges, and against
 * nulls in keys, before anything goes to the database.
 *
 * @throws RecordError `ETL_RECORD_INVALID` for a value that does not fit, `ETL_RECORD_KEY` for a key that is not there, or in part only.
 * `values` then holds anything.
 */
export type RowReader = (record: unknown, values: (Value | null)[]) => void

/** Makes the reader of a plan's records. */
export function rowReader({ fields, keys }: RelationalPlan, rules: DatabaseRules): RowReader {
  const problemThere = rules.valueProblem
  const checkedKeys = keys.filter(({ nullable, time }) => nullable.length > 0 || time !== undefined)
  return (record, values) => {
    const from = record as Readonly<Record<string, unknown>>
    for (let at = 0; at < fields.length; at++) {
      const column = fields[at] as Column
      const value = checkValue(column, from[column.name])
      const problem = value === null ? undefined : problemThere?.(column.type, value)
      if (problem !== undefined) throw invalidValue(column, value, problem)
      values[at] = value
    }
    for (const key of checkedKeys) {
      let missing = 0
      for (const field of key.nullable) if (values[field] === null) missing++
      const none = key.optional && missing === key.nullable.length
      if (missing > 0 && !none) throw keyMissing(key, fields, values)
      if (!none && key.time !== undefined && values[key.time] === null)
        throw timeMissing(key.table, fields[key.time]?.name as string)
    }
  }
}

/**
 * Reads records one after the other; says which cannot be read, and why.
 *
 * @param values - Filled anew for each record.
 * @param take - Called for each record that is as it should be, with its number, while `values` holds what it has.
 */
export function readRows(
  records: readonly unknown[],
  readRow: RowReader,
  values: (Value | null)[],
  take: (row: number) => void,
): RefusedRow[] {
  const refused: RefusedRow[] = []
  for (let row = 0; row < records.length; row++) {
    try {
      readRow(records[row], values)
    } catch (error) {
      if (!isRecordError(error)) throw error
      refused.push({ row, error })
      continue
    }
    take(row)
  }
  return refused
}

function keyMissing(
  { table, nullable, optional }: RelationalPlan['keys'][number],
  fields: readonly Column[],
  values: readonly (Value | null)[],
): RecordError {
  const names = nullable.filter(field => values[field] === null).map(field => fields[field]?.name as string)
  const rule = optional ? 'a key is there as a whole, or not at all' : 'a key takes no null'
  return new RecordError(
    'ETL_RECORD_KEY',
    `Key of table "${table}": ${names.map(name => `"${name}"`).join(', ')} ${names.length === 1 ? 'is' : 'are'} null, and ${rule}.`,
    { path: names.slice(0, 1), context: { table, fields: names } },
  )
}

function timeMissing(table: string, field: string): RecordError {
  return new RecordError('ETL_RECORD_KEY', `History of table "${table}": "${field}" is null, and a change needs its time.`, {
    path: [field],
    context: { table, fields: [field] },
  })
}
