import type { DuckDBListValue, DuckDBValue } from '@duckdb/node-api'
import { type PlannedTable, type StoredTable, sameName, type TableName } from '@millrace/relational'
import type { Session } from './session.js'

const here = 'database_name = current_database() AND lower(schema_name) = lower($1)'

/**
 * A table as the catalog tells it; `undefined` if there is none.
 *
 * @param planned - Constraints that it does not know of make the table strict.
 */
export async function storedTable(session: Session, planned: PlannedTable): Promise<StoredTable | undefined> {
  const named = nameValues(planned.at)
  const columns = await session.rows(
    `SELECT column_name, data_type, is_nullable, column_default IS NOT NULL FROM duckdb_columns()
     WHERE ${here} AND lower(table_name) = lower($2) ORDER BY column_index`,
    named,
  )
  if (columns.length === 0) return undefined
  const constraints = await session.rows(
    `SELECT constraint_type, constraint_column_names FROM duckdb_constraints()
     WHERE ${here} AND lower(table_name) = lower($2) AND constraint_type <> 'NOT NULL'`,
    named,
  )
  const indexes = await session.rows(
    `SELECT expressions FROM duckdb_indexes() WHERE ${here} AND lower(table_name) = lower($2) AND is_unique`,
    named,
  )
  const unique = [
    ...constraints.filter(([type]) => type !== 'FOREIGN KEY' && type !== 'CHECK').map(([, names]) => listed(names)),
    ...indexes.map(([expressions]) => indexed(expressions as string)),
  ]
  return {
    columns: columns.map(([name, type, nullable, filled]) => ({
      name: name as string,
      type: type as string,
      nullable: nullable as boolean,
      filled: filled as boolean,
    })),
    unique,
    strict:
      constraints.some(([type, names]) => type === 'CHECK' || (type === 'FOREIGN KEY' && !refers(planned, listed(names)))) ||
      unique.some(names => !isPlanned(planned, names)),
  }
}

/** What stands under a name: a table, a view, or nothing. */
export async function kindOf(session: Session, name: TableName): Promise<'table' | 'view' | undefined> {
  const [row] = await session.rows(
    `SELECT 'table' FROM duckdb_tables() WHERE ${here} AND lower(table_name) = lower($2)
     UNION ALL SELECT 'view' FROM duckdb_views() WHERE ${here} AND lower(view_name) = lower($2)`,
    nameValues(name),
  )
  return row?.[0] as 'table' | 'view' | undefined
}

const nameValues = ({ schema = 'main', name }: TableName): readonly string[] => [schema, name]

const listed = (names: DuckDBValue | undefined): readonly string[] => (names as DuckDBListValue).items as readonly string[]

/** `['"at"', plant]` as the catalog writes a list of an index's columns. */
function indexed(expressions: string): readonly string[] {
  const names = expressions.replace(/^\[|\]$/g, '').match(/'(?:"(?:[^"]|"")*")'|'[^']*'|"(?:[^"]|"")*"|[^,\s][^,]*/g) ?? []
  return names.map(name =>
    name
      .trim()
      .replace(/^'(.*)'$/s, '$1')
      .replace(/^"(.*)"$/s, '$1')
      .replaceAll('""', '"'),
  )
}

const refers = ({ columns }: PlannedTable, names: readonly string[]): boolean =>
  names.every(name => columns.some(column => column.role === 'reference' && sameName(column.name, name)))

/** The key of the plan, or the id. */
function isPlanned({ unique, id }: PlannedTable, names: readonly string[]): boolean {
  if (id !== undefined && names.length === 1 && sameName(names[0] as string, id)) return true
  return names.length === unique.length && names.every(name => unique.some(each => sameName(each, name)))
}
