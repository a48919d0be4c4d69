import { createHash } from 'node:crypto'
import { canonicalJson } from '@millrace/etl-core'
import type { TableName } from '@millrace/relational'
import type { ColumnType } from '@millrace/schema/columns'

/** A name in SQL. Always quoted: `at` and `key` are words, too. */
export const quoted = (name: string): string => `[${name.replaceAll(']', ']]')}]`

/** A text in SQL. */
export const textSql = (text: string): string => `N'${text.replaceAll("'", "''")}'`

/** A table in SQL, with its schema: which one a user has by default is set elsewhere. */
export const tableSql = ({ schema = 'dbo', name }: TableName): string => `${quoted(schema)}.${quoted(name)}`

/** Names, with commas. */
export const namesSql = (names: readonly string[]): string => names.map(quoted).join(', ')

/** A short name for what may be long and whose upper and lower case count, as a database's collation may not have it. */
export const keyOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 40)

/**
 * "These two differ, null included". Text is compared by its bytes: to a collation `Rose`, `rose` and `rose ` may be the same, and then the
 * change would not be written. And bytes by their number, too: to SQL Server `0x01` and `0x0100` are equal, as it fills the shorter with zeros
 * (https://dba.stackexchange.com/questions/48660, which quotes the vendor; read 2026-11).
 */
export function differsSql({ kind }: ColumnType, a: string, b: string): string {
  const isText = kind === 'string' || kind === 'json'
  const bytes = (value: string) => (isText ? `CAST(${value} AS VARBINARY(MAX))` : value)
  const lengths = isText || kind === 'bytes' ? ` OR DATALENGTH(${a}) <> DATALENGTH(${b})` : ''
  return `(${bytes(a)} <> ${bytes(b)}${lengths} OR (${a} IS NULL AND ${b} IS NOT NULL) OR (${a} IS NOT NULL AND ${b} IS NULL))`
}

/**
 * What stands beside a table that is looked at before it is written: nobody else may put the same key there meanwhile. MERGE would need the
 * same, has defects of its own, and compatible servers do not have it.
 */
export const forWriting = 'WITH (UPDLOCK, HOLDLOCK)'
