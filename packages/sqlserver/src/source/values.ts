import type { Json } from '@millrace/etl-core'
import type { ReadColumn } from '@millrace/relational'
import { type Column, type ColumnType, daysOf, instantOf, type Value } from '@millrace/schema/columns'
import { quoted } from '../sql.js'

/** Types that are read as ours without loss, by kind. */
const readable: Readonly<Record<ColumnType['kind'], RegExp>> = {
  int32: /^(TINYINT|SMALLINT|INT)$/,
  int64: /^(TINYINT|SMALLINT|INT|BIGINT)$/,
  float64: /^(REAL|FLOAT)$/,
  bool: /^BIT$/,
  decimal: /^(DECIMAL\((\d+),(\d+)\)|MONEY|SMALLMONEY)$/,
  date: /^DATE$/,
  timestamp: /^(DATETIME2\((\d)\)|DATETIMEOFFSET\((\d)\)|DATETIME|SMALLDATETIME)$/,
  string: /^(N?VARCHAR|N?CHAR)\(\w+\)$|^(UNIQUEIDENTIFIER|SYSNAME)$/,
  json: /^N?VARCHAR\(\w+\)$/,
  bytes: /^(VAR)?BINARY\(\w+\)$/,
}

/** Why a stored type cannot be read as ours, or `undefined` if it can. */
export function readProblem({ type }: Column, stored: string): string | undefined {
  const match = readable[type.kind].exec(stored)
  const words = `is stored as ${stored}`
  if (!match) return words
  if (type.kind === 'decimal') {
    const [precision, scale] =
      stored === 'MONEY' ? [19, 4] : stored === 'SMALLMONEY' ? [10, 4] : [Number(match[2]), Number(match[3])]
    return scale <= type.scale && precision - scale <= type.precision - type.scale ? undefined : words
  }
  if (type.kind === 'timestamp') return secondDigits(stored) <= type.precision ? undefined : `${words}, which has more digits`
  return undefined
}

/** Digits behind the second that a stored type has. */
function secondDigits(stored: string): number {
  if (stored === 'DATETIME') return 3
  return stored === 'SMALLDATETIME' ? 0 : Number(/\((\d)\)/.exec(stored)?.[1] ?? 7)
}

/**
 * How to read a column. Whatever the driver has no exact number or time for is asked for as text: it makes a float of a decimal, and a date
 * of three digits of a second.
 */
export function readColumn(column: Column, stored: string): ReadColumn {
  const name = quoted(column.name)
  const { type } = column
  const made = (sql: string, decode: ReadColumn['decode'] = raw => raw as Value): ReadColumn => ({ column, stored, sql, decode })
  switch (type.kind) {
    case 'int32':
      return made(`CAST(${name} AS INT)`)
    case 'int64':
      return made(`CAST(${name} AS VARCHAR(20))`, raw => BigInt(raw as string))
    case 'float64':
      return made(`CAST(${name} AS FLOAT)`, raw => (Number.isFinite(raw) ? (raw as number) : undefined))
    case 'decimal':
      return made(`CAST(CAST(${name} AS DECIMAL(${type.precision},${type.scale})) AS VARCHAR(41))`, raw => decimal(raw as string))
    case 'date':
      return made(`CAST(${name} AS VARCHAR(10))`, raw => (daysOf(raw as string) === undefined ? undefined : (raw as string)))
    case 'timestamp': {
      // Only the newer types of time become text that tells all their digits; with an offset, it is taken into account first.
      const utc = stored.startsWith('DATETIMEOFFSET') ? `SWITCHOFFSET(${name}, N'+00:00')` : name
      return made(`CAST(CAST(${utc} AS DATETIME2(${secondDigits(stored)})) AS VARCHAR(27))`, raw => timestamp(raw as string))
    }
    case 'json':
      return made(name, parsed)
    case 'string':
      return made(stored === 'UNIQUEIDENTIFIER' ? `CAST(${name} AS VARCHAR(36))` : name)
    case 'bytes':
      return made(name, raw => new Uint8Array(raw as Buffer))
    case 'bool':
      return made(name)
  }
}

/** `.5` is half to some servers. */
const decimal = (text: string): string => text.replace(/^(-?)\./, '$10.')

/** `2026-01-26 13:12:19.1234567` */
function timestamp(text: string): string | undefined {
  const utc = `${text.trim().replace(' ', 'T')}Z`
  return instantOf(utc) ? utc : undefined
}

function parsed(raw: unknown): Value | undefined {
  try {
    return JSON.parse(raw as string) as Value
  } catch {
    return undefined
  }
}

/** A value of a key or cut-off as text that the server reads, from its JSON form. */
export function asText({ type }: Pick<Column, 'type'>, json: Json): string {
  if (type.kind === 'timestamp') return String(json).replace(/Z$/, '')
  return type.kind === 'bool' ? (json === true ? '1' : '0') : String(json)
}
