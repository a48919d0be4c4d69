import type { Json } from '@millrace/etl-core'
import { type KeyedTable, type KeyJson, keyAlternatives, type ReadColumn, type RowRange } from '@millrace/relational'
import { quoted } from '../sql.js'
import { asText } from './values.js'

/** A condition and the values in it, which go as parameters: the server then knows the statement again. */
export interface Condition {
  readonly sql: string
  readonly params: Readonly<Record<string, string>>
}

/** Collects values; each gives its name in SQL. */
interface Values {
  readonly params: Record<string, string>
  add(value: string): string
}

function values(): Values {
  const params: Record<string, string> = {}
  return {
    params,
    add(value) {
      const name = `p${Object.keys(params).length}`
      params[name] = value
      return `@${name}`
    },
  }
}

/** The condition for the rows of a range, or for those of it behind a key. */
export function rangeCondition(table: KeyedTable, range: RowRange, behind?: KeyJson): Condition {
  const { after, above, upTo, last, before } = range
  const [first] = table.key as readonly [ReadColumn]
  const all = values()
  const than = behind ?? after
  const name = quoted(first.column.name)
  const sql = [
    ...cutOff(table, before, all),
    ...(than === null ? [] : [behindSql(table, than, all)]),
    ...(above === null ? [] : [`${name} > ${valueSql(first, above, all)}`]),
    ...(upTo === null ? [] : [`${name} <= ${valueSql(first, upTo, all)}`]),
    `NOT (${alternativesSql(table.key, last, all)})`,
  ].join(' AND ')
  return { sql, params: all.params }
}

/** The condition for rows before the cut-off and behind a key, as far as there are such. */
export function wantedCondition(table: KeyedTable, before: string | null, after: KeyJson | null): Condition {
  const all = values()
  const sql = [...cutOff(table, before, all), ...(after === null ? [] : [behindSql(table, after, all)])]
  return { sql: sql.length === 0 ? '1 = 1' : sql.join(' AND '), params: all.params }
}

function cutOff({ before }: KeyedTable, value: string | null, all: Values): readonly string[] {
  if (!before || value === null) return []
  const { column, stored } = before
  // With all its digits: cut to those of the column it would be another time.
  const type = stored === 'DATE' ? 'DATE' : stored.startsWith('DATETIMEOFFSET') ? 'DATETIMEOFFSET(7)' : 'DATETIME2(7)'
  return [`${quoted(column.name)} < CAST(${all.add(asText(column, value))} AS ${type})`]
}

/** "The key comes behind this one." The first column is named once more on its own: it is what an index is entered by. */
function behindSql({ key }: KeyedTable, than: KeyJson, all: Values): string {
  const [first] = key as readonly [ReadColumn]
  const least = key.length > 1 ? `${quoted(first.column.name)} >= ${valueSql(first, than[0] as Json, all)} AND ` : ''
  return `${least}(${alternativesSql(key, than, all)})`
}

function alternativesSql(key: readonly ReadColumn[], than: KeyJson, all: Values): string {
  const named = key.map((column, index) => valueSql(column, than[index] as Json, all))
  return keyAlternatives(key.length)
    .map(compared =>
      compared.map(({ column, is }) => `${quoted((key[column] as ReadColumn).column.name)} ${is} ${named[column]}`).join(' AND '),
    )
    .join(' OR ')
}

const valueSql = ({ column, stored }: ReadColumn, json: Json, all: Values): string =>
  `CAST(${all.add(asText(column, json))} AS ${stored === 'SYSNAME' ? 'NVARCHAR(128)' : stored})`

/**
 * The key's columns, in order, of the table `t`. With its name, since PostgreSQL, and with it servers built on it, takes a bare name for that
 * of a selected column, which a cast does not change: keys that are selected as text would be in the order of text
 * (https://www.postgresql.org/docs/current/sql-select.html#SQL-ORDERBY, read 2026-11).
 */
export const keyOrder = ({ key }: KeyedTable, way: '' | ' DESC' = ''): string =>
  key.map(({ column }) => `t.${quoted(column.name)}${way}`).join(', ')
