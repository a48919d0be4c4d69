import type { DuckDBAppender } from '@duckdb/node-api'
import type { RelationalPlan } from '@millrace/relational'
import type { Column, ColumnType, Value } from '@millrace/schema/columns'
import { duckdbType } from '@millrace/schema/columns'
import type { Session } from '../session.js'

const rawName = '_millrace_raw'
/** Rows as they were appended: `seq`, their `batch`, `f0`, `f1` and so on. */
export const rawTable = `temp.main.${rawName}`

/** How a value is appended. Decimals, days and times go as the text they are: DuckDB takes it apart far faster than JavaScript. */
type Append = (appender: DuckDBAppender, value: Value) => void

const rawTypes: Partial<Record<ColumnType['kind'], string>> = {
  int32: 'INTEGER',
  int64: 'BIGINT',
  float64: 'DOUBLE',
  bool: 'BOOLEAN',
  bytes: 'BLOB',
}

const appends: Readonly<Record<ColumnType['kind'], Append>> = {
  int32: (appender, value) => appender.appendInteger(value as number),
  int64: (appender, value) => appender.appendBigInt(value as bigint),
  float64: (appender, value) => appender.appendDouble(value as number),
  bool: (appender, value) => appender.appendBoolean(value as boolean),
  bytes: (appender, value) => appender.appendBlob(value as Uint8Array),
  decimal: (appender, value) => appender.appendVarchar(value as string),
  date: (appender, value) => appender.appendVarchar(value as string),
  timestamp: (appender, value) => appender.appendVarchar(value as string),
  string: (appender, value) => appender.appendVarchar(value as string),
  json: (appender, value) => appender.appendVarchar(JSON.stringify(value)),
}

/** What a field is, as an expression over the raw rows. */
export function fieldSql({ type }: Column, field: number, alias = ''): string {
  const name = `${alias}f${field}`
  return rawTypes[type.kind] !== undefined || duckdbType(type) === 'VARCHAR' ? name : `CAST(${name} AS ${duckdbType(type)})`
}

/** The condition for the raw rows before a number that are not among others. */
export function rowsWhere(end: number, without: ReadonlySet<number>): string {
  return `seq < ${end}${without.size === 0 ? '' : ` AND seq NOT IN (${[...without].join(', ')})`}`
}

/** Rows of batches on their way to their tables, in a temporary table of one connection. */
export interface Stage {
  /** Rows since the last `clear`. */
  readonly rows: number
  /** About what they take, in bytes. */
  readonly bytes: number
  append(batchNo: number, values: readonly (Value | null)[]): void
  /** Makes what was appended visible to statements. */
  seal(): void
  /** Empties it. */
  clear(): Promise<void>
}

/** A stage over a session's connection. `clear` it before its first use. */
export function stageOf(session: Session, { fields }: RelationalPlan): Stage {
  const columns = fields.map(({ type }, field) => `f${field} ${rawTypes[type.kind] ?? 'VARCHAR'}`)
  const create = `CREATE OR REPLACE TEMP TABLE ${rawName} (${['seq INTEGER', 'batch INTEGER', ...columns].join(', ')})`
  const append = fields.map(({ type }) => appends[type.kind])
  let appender: DuckDBAppender | undefined
  let rows = 0
  let bytes = 0
  const end = () => {
    const ending = appender
    appender = undefined
    ending?.flushSync()
    ending?.closeSync()
  }
  return {
    get rows() {
      return rows
    },
    get bytes() {
      return bytes
    },
    append(batchNo, values) {
      if (!appender) throw new Error('The stage was not cleared before its use.')
      appender.appendInteger(rows)
      appender.appendInteger(batchNo)
      for (let at = 0; at < append.length; at++) {
        const value = values[at]
        if (value === null || value === undefined) appender.appendNull()
        else {
          ;(append[at] as Append)(appender, value)
          if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length
        }
      }
      appender.endRow()
      rows++
      bytes += 8 * append.length
    },
    seal: end,
    async clear() {
      try {
        end()
      } catch {
        // What an appender could not deliver is dropped with the table.
      }
      await session.run(create)
      rows = 0
      bytes = 0
      appender = await session.connection.createAppender(rawName, null, 'temp')
    },
  }
}
