import type { Json, Removal, TableSourceOptions } from '@millrace/etl-core'
import { type PlannedSource, tableName } from '@millrace/relational'
import { duckdbType } from '@millrace/schema/columns'
import type { Database } from '../database.js'
import { translated } from '../errors.js'
import { quoted, tableSql, textSql } from '../sql.js'

/** Removes rows by their key, all of a call in one transaction. */
export function rowRemoval<T>(
  database: Database,
  place: string,
  { table, removeFrom = table }: TableSourceOptions<T>,
  { key }: PlannedSource,
): Removal {
  // In the column's type: a key that is compared as text finds nothing where the database writes it another way.
  const rowSql = (values: readonly Json[]) =>
    `(${key.map(({ type }, index) => `CAST(${textSql(String(values[index]))} AS ${duckdbType(type)})`).join(', ')})`
  const names = key.map((_, index) => `k${index}`)
  // Text by its bytes, as it is read: to a collation another key may be the same.
  const same = key.map(
    ({ name, type }, index) =>
      `${type.kind === 'string' ? `CAST(r.${quoted(name)} AS VARCHAR) COLLATE "C"` : `r.${quoted(name)}`} = gone.k${index}`,
  )
  const target = tableSql(tableName(removeFrom))
  const action = { side: 'source', place, doing: `remove rows of table ${removeFrom}` } as const
  const deleteSql = (keys: readonly (readonly Json[])[]) =>
    `DELETE FROM ${target} AS r USING (VALUES ${keys.map(rowSql).join(', ')}) AS gone(${names.join(', ')}) ` +
    `WHERE ${same.join(' AND ')}`

  return {
    key: key.map(({ name }) => name),
    check: ctx =>
      translated(action, async () => {
        await database.write(session => session.run(`DELETE FROM ${target} WHERE false`), ctx.signal)
      }),
    remove: (keys, ctx) =>
      translated(action, async () =>
        keys.length === 0 ? 0 : database.write(session => session.run(deleteSql(keys)), ctx.signal),
      ),
  }
}
