import { parsePlace, type RelatedTablesOptions, type Sink, type TableSinkOptions } from '@millrace/etl-core'
import { type SqlServerOptions, sqlServerPlace } from '@millrace/sqlserver'

/** Where {@link sqlServerTable} and {@link sqlServerTables} write, and how they connect. */
export interface SqlServerDatabase {
  /** `sqlserver://host:port/database`, without a user. */
  readonly place: string
  readonly connection?: SqlServerOptions
}

/** What {@link sqlServerTable} can be told: which database, how it is connected to, and how records become rows. */
export interface SqlServerTableOptions<T> extends TableSinkOptions<T>, SqlServerDatabase {}

/** What {@link sqlServerTables} can be told: which database, how it is connected to, and how records become rows of several tables. */
export interface SqlServerTablesOptions<T> extends RelatedTablesOptions<T>, SqlServerDatabase {}

/**
 * Writes records to one table of a SQL Server database. The same as `connect.table('sqlserver://host/database', …)`, for pipelines whose place
 * is fixed.
 *
 * Input: records whose schema tells column types. Output: rows with the record's columns; the table is made, and grows by nullable columns.
 * Delivery: exactly once. Rows are staged with the protocol's bulk load, then rows, cursor and epoch share a transaction; what was flushed
 * survives a stop, and whether a commit whose answer was lost happened is read from the stored cursor. `append` and `merge` are visible at
 * once, the rows of a `replace` when their group is published. A row that a constraint refuses is a reject, the others are written.
 * Memory: what 20,000 rows or 8 MiB take before they are sent.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options, `ETL_PLACE_INVALID`, `ETL_PLACE_SECRET`, `ETL_COLUMNS_UNKNOWN` without types,
 * `ETL_CONFIG_CREDENTIALS`, `ETL_SCHEMA_INCOMPATIBLE` before the first write. While writing `ETL_SINK_UNAVAILABLE` (deadlock, fail-over,
 * recovery, lost connection: later), `ETL_SINK_RATE_LIMITED` (later), `ETL_SINK_FULL` (later), `ETL_SINK_DENIED`, `ETL_SINK_NOT_FOUND`,
 * `ETL_SINK_REFUSED`; StateError `ETL_STATE_CONFLICT` for an owner that was succeeded; after its end `ETL_SINK_CLOSED`. While publishing
 * `ETL_SINK_CONFLICT`.
 * @example
 * const sink = sqlServerTable({ place: 'sqlserver://db.example.com/plants', table: 'readings', disposition: 'merge', key: ['plant', 'takenAt'] })
 */
export function sqlServerTable<T>({ place, connection = {}, ...table }: SqlServerTableOptions<T>): Sink<T> {
  return sqlServerPlace(parsePlace(place), connection).table(table)
}

/**
 * Writes flat records to several related tables of a SQL Server database. The same as `connect.tables('sqlserver://host/database', …)`.
 *
 * Delivery and errors as for {@link sqlServerTable}; a record that one table refuses is in none of them.
 *
 * @example
 * const sink = sqlServerTables({
 *   place: 'sqlserver://db.example.com/plants',
 *   tables: {
 *     plant: { columns: { no: 'plant', name: 'name' }, key: ['no'] },
 *     reading: { columns: { at: 'takenAt' }, references: { plant_id: 'plant' }, key: ['plant_id', 'at'], changes: 'keep' },
 *   },
 *   views: { flat: 'reading' },
 * })
 */
export function sqlServerTables<T>({ place, connection = {}, ...tables }: SqlServerTablesOptions<T>): Sink<T> {
  return sqlServerPlace(parsePlace(place), connection).tables(tables)
}
