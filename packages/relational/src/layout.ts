import type { Json, SinkCapabilities } from '@millrace/etl-core'
import { typeText } from '@millrace/schema/columns'
import type { PlannedColumn, RelationalPlan } from './plan.js'

/** A plan as JSON, for the bookmark's fingerprint: another one loads everything anew. */
export function layoutOf(disposition: SinkCapabilities['disposition'], { fields, tables, views }: RelationalPlan): Json {
  const holds = (column: PlannedColumn): string | null => {
    if (column.role === 'field') return fields[column.field]?.name ?? null
    return column.role === 'reference' ? (tables[column.to]?.name ?? null) : column.role
  }
  return {
    disposition,
    tables: tables.map(({ name, mode, columns, key, history }) => ({
      name,
      mode,
      key: [...key],
      history: history ? { of: [...history.of], at: fields[history.at ?? -1]?.name ?? null } : null,
      columns: columns.map(column => ({
        name: column.name,
        type: typeText(column.type),
        nullable: column.nullable,
        holds: holds(column),
      })),
    })),
    views: views.map(({ name, table }) => ({ name, of: tables[table]?.name ?? null })),
  }
}

/**
 * What is written where and how, for people: `duckdb:plants.duckdb, table readings, appended`.
 *
 * @param place - As it is shown: `duckdb:plants.duckdb`.
 * @param names - The declared tables.
 */
export function writesText(place: string, disposition: SinkCapabilities['disposition'], names: readonly string[]): string {
  const how = { append: 'appended', merge: 'merged by key', replace: 'replaced group by group' }[disposition]
  return `${place}, ${names.length === 1 ? 'table' : 'tables'} ${names.join(', ')}, ${how}`
}
