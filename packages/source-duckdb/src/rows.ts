import { type DuckdbOptions, duckdbFile } from '@millrace/duckdb'
import type { Source, TableSourceOptions } from '@millrace/etl-core'

/** What {@link duckdbRows} can be told: which file, how it is opened, and what is read. */
export interface DuckdbRowsOptions<T> extends TableSourceOptions<T>, DuckdbOptions {
  /** Relative to the working directory when it is first used. */
  readonly file: string
}

/**
 * Reads the rows of a table or view of a DuckDB file, in the order of a key. The same as `connect.tableFrom('duckdb:./plants.duckdb', …)`.
 *
 * Output: records with the columns of `schema`; decimals and times as text with all digits, 64-bit integers as bigint. All rows are one group,
 * named by the table, with the label `table`. A value that is none of its column's (NaN, a time without end) makes its row unreadable: a
 * reject, and the others are read.
 * What is read: the rows there were when the load was planned, no key behind the last one then. A split goes on from any page.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options, `ETL_SCHEMA_INCOMPATIBLE` for other columns. SourceError `ETL_SOURCE_NOT_FOUND` (file or
 * table), `ETL_SOURCE_CHANGED` when the rows are not those that were planned, `ETL_SOURCE_KEY` for a key that is null or not unique,
 * `ETL_SOURCE_UNAVAILABLE` (another process has the file: exhausted, after `lockWaitMs`; else later), `ETL_SOURCE_DENIED`, `ETL_SOURCE_MALFORMED`.
 * @example
 * from(duckdbRows({ file: './plants.duckdb', table: 'readings', schema: reading, key: ['plant', 'takenAt'] }))
 */
export function duckdbRows<T>({ file, lockWaitMs, memoryLimit, threads, ...rows }: DuckdbRowsOptions<T>): Source<T> {
  return duckdbFile(file, { lockWaitMs, memoryLimit, threads }).source(rows)
}
