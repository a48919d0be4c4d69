import type { Column, ColumnType, Value } from '@millrace/schema/columns'
import { sqlServerType } from '@millrace/schema/columns'
import { quoted } from './sql.js'

/** A column of a bulk load, in the driver's words. */
export interface BulkColumn {
  readonly name: string
  readonly type: 'Int' | 'Float' | 'Bit' | 'NVarChar' | 'VarBinary'
  /** In characters or bytes; `Infinity` for MAX. */
  readonly length?: number
}

/** How values of a kind are sent. */
interface Sent {
  readonly type: BulkColumn['type']
  readonly length?: (type: ColumnType) => number
  /** The type of the staged column. */
  readonly staged: (type: ColumnType) => string
  /** A value as the driver takes it. */
  readonly value: (value: Value) => unknown
}

const max = Number.POSITIVE_INFINITY
const same = (value: Value): unknown => value
const text = (length: number, value: Sent['value'] = same): Sent => ({
  type: 'NVarChar',
  length: () => length,
  staged: () => `NVARCHAR(${length === max ? 'MAX' : length})`,
  value,
})
const limit = (type: ColumnType): number =>
  type.kind === 'string' && type.length !== undefined && type.length <= 4_000 ? type.length : max

/**
 * Whatever has more digits than the driver's numbers and dates is sent as the text it is, and made what it shall be by the server: exact
 * beyond 2^53, and with all seven digits of a second.
 */
const sent: Readonly<Record<ColumnType['kind'], Sent>> = {
  int32: { type: 'Int', staged: () => 'INT', value: same },
  float64: { type: 'Float', staged: () => 'FLOAT', value: same },
  bool: { type: 'Bit', staged: () => 'BIT', value: same },
  bytes: { type: 'VarBinary', length: () => max, staged: () => 'VARBINARY(MAX)', value: value => bufferOf(value as Uint8Array) },
  string: {
    type: 'NVarChar',
    length: limit,
    staged: type => `NVARCHAR(${limit(type) === max ? 'MAX' : limit(type)})`,
    value: same,
  },
  json: text(max, value => JSON.stringify(value)),
  // `-9223372036854775808`
  int64: text(20, value => String(value)),
  // 38 digits, a sign, a point and a zero before it.
  decimal: text(41, value => withoutZeros(value as string)),
  date: text(10),
  // Without the `Z`: with it, some servers would take their own time zone into account.
  timestamp: text(27, value => secondDigits((value as string).slice(0, -1))),
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A decimal without the zeros in front and at its end, of which there may be any number. */
function withoutZeros(decimal: string): string {
  const short = decimal.replace(/^(-?)0+(?=\d)/, '$1')
  return short.includes('.') ? short.replace(/\.?0+$/, '') : short
}

/** Zeros beyond the seventh digit of a second are left out. */
const secondDigits = (time: string): string => (time.length > 27 ? time.slice(0, 27) : time)

/** A field as a column of a bulk load. */
export function bulkColumn({ type }: Pick<Column, 'type'>, name: string): BulkColumn {
  const { type: driver, length } = sent[type.kind]
  return { name, type: driver, ...(length ? { length: length(type) } : {}) }
}

/** The type of a staged column in SQL. */
export const stagedType = (type: ColumnType): string => sent[type.kind].staged(type)

/** A value as it is sent. */
export const sentValue = (type: ColumnType, value: Value | null): unknown =>
  value === null ? null : sent[type.kind].value(value)

/** What a staged column is, as an expression of its real type. */
export function typedSql(type: ColumnType, name: string): string {
  const staged = stagedType(type)
  const wanted = sqlServerType(type)
  return staged === wanted ? quoted(name) : `CAST(${quoted(name)} AS ${wanted})`
}
