import { type PlannedTable, type StoredTable, sameName, type TableName } from '@millrace/relational'
import type { Session } from './session.js'

/** What the catalog says of a column. */
interface CatalogColumn {
  readonly type: string
  readonly bytes: number
  readonly precision: number
  readonly scale: number
}

/** A type as `sqlServerType` spells it, where it has a word for it. */
export function spelled({ type, bytes, precision, scale }: CatalogColumn): string {
  const name = type.toUpperCase()
  const length = (perChar: number) => (bytes === -1 ? 'MAX' : bytes / perChar)
  if (name === 'NVARCHAR' || name === 'NCHAR') return `${name}(${length(2)})`
  if (name === 'VARCHAR' || name === 'CHAR' || name === 'VARBINARY' || name === 'BINARY') return `${name}(${length(1)})`
  if (name === 'DECIMAL' || name === 'NUMERIC') return `DECIMAL(${precision},${scale})`
  if (name === 'DATETIME2' || name === 'DATETIMEOFFSET' || name === 'TIME') return `${name}(${scale})`
  return name
}

/** What stands under a name. */
export interface CatalogObject {
  readonly kind: 'table' | 'view' | 'other'
  /** The catalog's number for it. */
  readonly id: number
}

/**
 * What stands under a name: a table, a view, something else, or nothing. Looked up by its parts: a name with quotes or brackets in it, put
 * together, is not taken apart alike everywhere.
 */
export async function objectNamed(session: Session, { schema = 'dbo', name }: TableName): Promise<CatalogObject | undefined> {
  const rows = await session.rows(
    `SELECT CAST(o.object_id AS INT), o.type FROM sys.objects AS o INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE s.name = @schema AND o.name = @name`,
    { schema, name },
  )
  const [row] = rows
  if (!row) return undefined
  const type = String(row[1]).trim()
  return { id: row[0] as number, kind: type === 'U' ? 'table' : type === 'V' ? 'view' : 'other' }
}

/** The columns of a table or view, with their types spelled out. */
export async function storedColumns(session: Session, { id }: CatalogObject): Promise<StoredTable['columns']> {
  const rows = await session.rows(
    `SELECT c.name, t.name, CAST(c.max_length AS INT), CAST(c.precision AS INT), CAST(c.scale AS INT), CAST(c.is_nullable AS INT),
  CASE WHEN c.is_identity = 1 OR c.is_computed = 1 OR c.default_object_id <> 0 OR t.name IN (N'timestamp', N'rowversion') THEN 1 ELSE 0 END
FROM sys.columns AS c INNER JOIN sys.types AS t ON t.user_type_id = c.user_type_id
WHERE c.object_id = @id ORDER BY c.column_id`,
    { id },
  )
  return rows.map(([column, type, bytes, precision, scale, nullable, filled]) => ({
    name: column as string,
    type: spelled({ type: type as string, bytes: bytes as number, precision: precision as number, scale: scale as number }),
    nullable: nullable === 1,
    filled: filled === 1,
  }))
}

/**
 * A table as the catalog tells it.
 *
 * @param planned - Constraints that it does not know of make the table strict.
 */
export async function storedTable(session: Session, of: CatalogObject, planned: PlannedTable): Promise<StoredTable> {
  const columns = await storedColumns(session, of)
  // A filtered index is about some rows only, a switched-off one about none: neither makes a key, and the first one may refuse rows.
  const indexed = await session.rows(
    `SELECT CAST(i.index_id AS INT), c.name, CAST(i.has_filter AS INT) FROM sys.indexes AS i
INNER JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
INNER JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
WHERE i.object_id = @id AND i.is_unique = 1 AND i.is_disabled = 0 AND ic.is_included_column = 0`,
    { id: of.id },
  )
  const filtered = indexed.some(([, , filter]) => filter === 1)
  const whole = indexed.filter(([, , filter]) => filter !== 1)
  const unique = together(indexed.length > 0 ? whole : await keysOf(session, planned))
  const foreign = filtered || unique.some(names => !isPlanned(planned, names))
  return { columns, unique, strict: foreign || (await isStrict(session, of, planned)) }
}

/**
 * The columns of each key, where the catalog of indexes has none: before 3.6 and 4.2 Babelfish's takes all columns for included ones
 * (https://github.com/babelfish-for-postgresql/babelfish_extensions/pull/2424).
 */
async function keysOf(session: Session, { at, unique, id }: PlannedTable): Promise<readonly (readonly unknown[])[]> {
  if (unique.length === 0 && id === undefined) return []
  const asking = session.rows(
    `SELECT tc.CONSTRAINT_NAME, k.COLUMN_NAME FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS AS tc
INNER JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE AS k ON k.TABLE_SCHEMA = tc.TABLE_SCHEMA AND k.TABLE_NAME = tc.TABLE_NAME AND k.CONSTRAINT_NAME = tc.CONSTRAINT_NAME
WHERE tc.TABLE_SCHEMA = @schema AND tc.TABLE_NAME = @name AND tc.CONSTRAINT_TYPE IN (N'PRIMARY KEY', N'UNIQUE')`,
    { schema: at.schema ?? 'dbo', name: at.name },
  )
  return asking.catch(() => [])
}

/** The second values of rows, by the first. */
function together(rows: readonly (readonly unknown[])[]): readonly (readonly string[])[] {
  return [...new Set(rows.map(([of]) => of))].map(key => rows.filter(([of]) => of === key).map(([, name]) => name as string))
}

/** Whether a table has checks, triggers, or more foreign keys than planned. */
async function isStrict(session: Session, { id }: CatalogObject, planned: PlannedTable): Promise<boolean> {
  const counting = session.rows(
    `SELECT (SELECT COUNT(*) FROM sys.check_constraints WHERE parent_object_id = @id),
  (SELECT COUNT(*) FROM sys.triggers WHERE parent_id = @id),
  (SELECT COUNT(*) FROM sys.foreign_keys WHERE parent_object_id = @id)`,
    { id },
  )
  // Where a server has not all of these, the table is taken to be strict: its batches are written one by one.
  const [counted] = await counting.catch(() => [[1]])
  const [checks = 0, triggers = 0, foreign = 0] = (counted ?? []).map(Number)
  return checks > 0 || triggers > 0 || foreign > planned.columns.filter(({ role }) => role === 'reference').length
}

/** Whether a view was made with this statement. False where nobody may know. Babelfish keeps its first 4,000 characters. */
export async function isMadeWith(session: Session, { id }: CatalogObject, sql: string): Promise<boolean> {
  const [row] = await session.rows('SELECT definition FROM sys.sql_modules WHERE object_id = @id', { id })
  const stored = row?.[0]
  return stored === sql || (typeof stored === 'string' && stored.length === 4_000 && sql.startsWith(stored))
}

/** The key of the plan, or the id. */
function isPlanned({ unique, id }: PlannedTable, names: readonly string[]): boolean {
  if (id !== undefined && names.length === 1 && sameName(names[0] as string, id)) return true
  return names.length === unique.length && names.every(name => unique.some(each => sameName(each, name)))
}

/** What text in temporary tables is compared by: they have the collation of another database. `''` where that is the same. */
export type Collation = '' | ' COLLATE DATABASE_DEFAULT'

/** Temporary tables have the collation of `tempdb`, and text of two collations cannot be compared. */
export async function collationOf(session: Session): Promise<Collation> {
  const asking = session.rows(
    `SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Collation') AS NVARCHAR(128)), CAST(DATABASEPROPERTYEX(N'tempdb', N'Collation') AS NVARCHAR(128))`,
  )
  // A server that does not know the question has one for all. Azure knows it, and does not tell of tempdb.
  const [row] = await asking.catch(() => [[null, null]])
  return row?.[0] && row[0] !== row[1] ? ' COLLATE DATABASE_DEFAULT' : ''
}
