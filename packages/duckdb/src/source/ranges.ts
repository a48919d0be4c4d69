import type { Json } from '@millrace/etl-core'
import { type KeyJson, keyAlternatives, type RowRange } from '@millrace/relational'
import { duckdbType } from '@millrace/schema/columns'
import { quoted, textSql } from '../sql.js'
import type { KeyedTable, ReadColumn } from './values.js'

/** The condition for the rows of a range. */
export function rangeSql(table: KeyedTable, { after, above, upTo, last, before }: RowRange): string {
  const [first] = table.key as readonly [ReadColumn]
  return [
    ...cutOffSql(table, before),
    ...(after === null ? [] : [behindSql(table, after)]),
    ...(above === null ? [] : [`${quoted(first.column.name)} > ${valueSql(first, above)}`]),
    ...(upTo === null ? [] : [`${quoted(first.column.name)} <= ${valueSql(first, upTo)}`]),
    notBehindSql(table, last),
  ].join(' AND ')
}

/** The condition for rows before the cut-off, if there is one. */
export function cutOffSql({ before }: KeyedTable, value: string | null): readonly string[] {
  return before && value !== null ? [`${quoted(before.column.name)} < ${valueSql(before, value)}`] : []
}

/** "The key comes behind this one." The first column is named once more on its own: it is what skips whole blocks of rows. */
export function behindSql({ key }: KeyedTable, than: KeyJson): string {
  const [first] = key as readonly [ReadColumn]
  const least = key.length > 1 ? `${quoted(first.column.name)} >= ${valueSql(first, than[0] as Json)} AND ` : ''
  return `${least}(${alternativesSql(key, than)})`
}

const notBehindSql = ({ key }: KeyedTable, than: KeyJson): string => `NOT (${alternativesSql(key, than)})`

function alternativesSql(key: readonly ReadColumn[], than: KeyJson): string {
  return keyAlternatives(key.length)
    .map(all =>
      all
        .map(({ column, is }) => {
          const of = key[column] as ReadColumn
          return `${quoted(of.column.name)} ${is} ${valueSql(of, than[column] as Json)}`
        })
        .join(' AND '),
    )
    .join(' OR ')
}

/** A value of a key or cut-off in SQL, from its JSON form. */
function valueSql({ column, stored }: ReadColumn, json: Json): string {
  const type = /^(ENUM|UUID)/.test(stored) ? duckdbType(column.type) : stored
  return `CAST(${textSql(String(json))} AS ${type})`
}

/** The key's columns, in order. */
export const keyOrder = ({ key }: KeyedTable, way: '' | ' DESC' = ''): string =>
  key.map(({ column }) => `${quoted(column.name)}${way}`).join(', ')
