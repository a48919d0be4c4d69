import { type DuckdbOptions, duckdbFile } from '@millrace/duckdb'
import type { RelatedTablesOptions, Sink, TableSinkOptions } from '@millrace/etl-core'

/** What {@link duckdbTable} can be told: which file, how it is opened, and how records become rows. */
export interface DuckdbTableOptions<T> extends TableSinkOptions<T>, DuckdbOptions {
  /** Relative to the working directory when it is first used. Made if it is not there, with its folder. */
  readonly file: string
}

/** What {@link duckdbTables} can be told: which file, how it is opened, and how records become rows of several tables. */
export interface DuckdbTablesOptions<T> extends RelatedTablesOptions<T>, DuckdbOptions {
  /** Relative to the working directory when it is first used. Made if it is not there, with its folder. */
  readonly file: string
}

/**
 * Writes records to one table of a DuckDB file. The same as `connect.table('duckdb:./plants.duckdb', …)`, for pipelines whose place is fixed.
 *
 * Input: records whose schema tells column types. Output: rows with the record's columns; the table is made, and grows by nullable columns.
 * Delivery: exactly once. Rows, cursor and epoch share a transaction; what was flushed survives a stop. `append` and `merge` are visible
 * at once, the rows of a `replace` when their group is published.
 * Memory: what 20,000 rows or 8 MiB take before they are written, and what DuckDB holds (`memoryLimit`).
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options, `ETL_COLUMNS_UNKNOWN` without types, `ETL_SCHEMA_INCOMPATIBLE` before the first write.
 * While writing `ETL_SINK_UNAVAILABLE` (another process has the file: exhausted, after `lockWaitMs`; else later), `ETL_SINK_FULL` (later),
 * `ETL_SINK_DENIED`, `ETL_SINK_MALFORMED`, `ETL_SINK_REFUSED`; StateError `ETL_STATE_CONFLICT` for an owner that was succeeded; after its end
 * `ETL_SINK_CLOSED`. While publishing `ETL_SINK_CONFLICT`.
 * @example
 * const sink = duckdbTable({ file: './plants.duckdb', table: 'readings', disposition: 'merge', key: ['plant', 'takenAt'] })
 */
export function duckdbTable<T>({ file, lockWaitMs, memoryLimit, threads, ...table }: DuckdbTableOptions<T>): Sink<T> {
  return duckdbFile(file, { lockWaitMs, memoryLimit, threads }).table(table)
}

/**
 * Writes flat records to several related tables of a DuckDB file. The same as `connect.tables('duckdb:./plants.duckdb', …)`.
 *
 * Delivery and errors as for {@link duckdbTable}; a record that one table refuses is in none of them.
 *
 * @example
 * const sink = duckdbTables({
 *   file: './plants.duckdb',
 *   tables: {
 *     plant: { columns: { no: 'plant', name: 'name' }, key: ['no'] },
 *     reading: { columns: { at: 'takenAt' }, references: { plant_id: 'plant' }, key: ['plant_id', 'at'], changes: 'keep' },
 *   },
 *   views: { flat: 'reading' },
 * })
 */
export function duckdbTables<T>({ file, lockWaitMs, memoryLimit, threads, ...tables }: DuckdbTablesOptions<T>): Sink<T> {
  return duckdbFile(file, { lockWaitMs, memoryLimit, threads }).tables(tables)
}
