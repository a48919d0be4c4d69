import type { TableName } from '@millrace/relational'

/** A name in SQL. Always quoted: `at` and `select` are words, too. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text in SQL. */
export const textSql = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A table in SQL, with its schema, so that no temporary table can stand in its place. */
export const tableSql = ({ schema = 'main', name }: TableName): string => `${quoted(schema)}.${quoted(name)}`

/** Names, with commas. */
export const namesSql = (names: readonly string[]): string => names.map(quoted).join(', ')
