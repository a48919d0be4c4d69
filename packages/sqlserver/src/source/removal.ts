import type { Json, Removal, TableSourceOptions } from '@millrace/etl-core'
import { type PlannedSource, sameName, tableName } from '@millrace/relational'
import { type Column, sqlServerType } from '@millrace/schema/columns'
import { type Collation, collationOf, objectNamed, storedColumns } from '../catalog.js'
import type { Database } from '../database.js'
import { translated } from '../errors.js'
import { quoted, tableSql } from '../sql.js'
import { asText } from './values.js'

const keysTable = '#_millrace_keys'
/** The longest text that is not of the type MAX, and longer than an index takes: a view may have longer keys than a table. */
const longestKey = 4_000

/** Removes rows by their keys: they go to the server in a bulk load, whatever their number, and one statement removes what it finds of them. */
export function removalOf<T>(
  database: Database,
  place: string,
  { table, removeFrom = table }: TableSourceOptions<T>,
  { key }: PlannedSource,
): Removal {
  const columns = key.map((_, index) => ({ name: `k${index}`, type: 'NVarChar' as const, length: longestKey }))
  const create = `CREATE TABLE ${keysTable} (${columns.map(({ name }) => `[${name}] NVARCHAR(${longestKey}) NOT NULL`).join(', ')})`
  const target = tableSql(tableName(removeFrom))
  const action = { side: 'source', place, doing: `remove rows of table ${removeFrom}` } as const
  return {
    key: key.map(column => column.name),
    check: ctx =>
      translated(action, async () => {
        await database.session(session => session.run(`DELETE FROM ${target} WHERE 1 = 0`), ctx.signal)
      }),
    remove: (keys, ctx) =>
      translated(action, async () => {
        if (keys.length === 0) return 0
        return database.session(async session => {
          const there = await objectNamed(session, tableName(removeFrom))
          const stored = there ? await storedColumns(session, there) : []
          const typed = key.map(column => ({
            column,
            stored: stored.find(({ name }) => sameName(name, column.name))?.type ?? sqlServerType(column.type),
          }))
          const collation = await collationOf(session)
          await session.run(create)
          await session.bulk(
            keysTable,
            columns,
            keys.map(values => key.map((column, index) => asText(column, values[index] as Json))),
          )
          return session.transaction(() => session.run(removeSql(target, typed, collation)))
        }, ctx.signal)
      }),
  }
}

/** The statement that removes what the keys name. Each is made what the column is, so that an index can be used. */
export function removeSql(
  table: string,
  key: readonly { readonly column: Column; readonly stored: string }[],
  collation: Collation = '',
): string {
  const same = key.map(({ column, stored }, index) => {
    const isText = /CHAR/.test(stored)
    return `t.${quoted(column.name)} = CAST(k.[k${index}] AS ${stored})${isText ? collation : ''}`
  })
  return `DELETE t FROM ${table} AS t INNER JOIN ${keysTable} AS k ON ${same.join(' AND ')}`
}
