export type { DuckdbOptions } from '@millrace/duckdb'
export { duckdb, duckdbWith } from '@millrace/duckdb'
export type { DuckdbTableOptions, DuckdbTablesOptions } from './sinks.js'
export { duckdbTable, duckdbTables } from './sinks.js'
