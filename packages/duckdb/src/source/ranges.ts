import type { Json } from '@millrace/etl-core'
import { type KeyJson, keyAlternatives, type RowRange } from '@millrace/relational'
import { quoted, textSql } from '../sql.js'
import type { KeyedTable, ReadColumn } from './values.js'

/** The condition for the rows of a range. */
export function rangeSql(table: KeyedTable, { after, above, upTo, last, before }: RowRange): string {
  const [first] = table.key as readonly [ReadColumn]
  return [
    ...cutOffSql(table, before),
    ...(after === null ? [] : [behindSql(table, after)]),
    ...(above === null ? [] : [`${comparedSql(first)} > ${valueSql(first, above)}`]),
    ...(upTo === null ? [] : [`${comparedSql(first)} <= ${valueSql(first, upTo)}`]),
    notBehindSql(table, last),
  ].join(' AND ')
}

/** The condition for rows before the cut-off, if there is one. */
export function cutOffSql({ before }: KeyedTable, value: string | null): readonly string[] {
  return before && value !== null ? [`${comparedSql(before)} < ${valueSql(before, value)}`] : []
}

/** "The key comes behind this one." The first column is named once more on its own: it is what skips whole blocks of rows. */
export function behindSql({ key }: KeyedTable, than: KeyJson): string {
  const [first] = key as readonly [ReadColumn]
  const least = key.length > 1 ? `${comparedSql(first)} >= ${valueSql(first, than[0] as Json)} AND ` : ''
  return `${least}(${alternativesSql(key, than)})`
}

/** "The key does not come behind this one." */
export function notBehindSql({ key }: KeyedTable, than: KeyJson): string {
  const [first] = key as readonly [ReadColumn]
  const most = key.length > 1 ? `${comparedSql(first)} <= ${valueSql(first, than[0] as Json)} AND ` : ''
  return `${most}NOT (${alternativesSql(key, than)})`
}

function alternativesSql(key: readonly ReadColumn[], than: KeyJson): string {
  return keyAlternatives(key.length)
    .map(all =>
      all
        .map(({ column, is }) => {
          const of = key[column] as ReadColumn
          return `${comparedSql(of)} ${is} ${valueSql(of, than[column] as Json)}`
        })
        .join(' AND '),
    )
    .join(' OR ')
}

/**
 * What a column is compared and ordered by. Text by its bytes: to a collation `a` and `A` may be one, and then rows between two pages would be
 * passed over. An enumeration as the text that it is read as: by itself it is in the order its values were declared in.
 */
export function comparedSql({ column, stored }: ReadColumn): string {
  const name = quoted(column.name)
  if (stored.startsWith('ENUM')) return `CAST(${name} AS VARCHAR)`
  return stored === 'VARCHAR' ? `${name} COLLATE "C"` : name
}

/** A value of a key or cut-off in SQL, from its JSON form. */
function valueSql({ stored }: ReadColumn, json: Json): string {
  return `CAST(${textSql(String(json))} AS ${stored.startsWith('ENUM') ? 'VARCHAR' : stored})`
}

/** The key's columns, in order. */
export const keyOrder = ({ key }: KeyedTable, way: '' | ' DESC' = ''): string =>
  key.map(column => `${comparedSql(column)}${way}`).join(', ')
