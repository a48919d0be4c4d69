export type { DuckdbOptions } from '@millrace/duckdb'
export { duckdb, duckdbWith } from '@millrace/duckdb'
export type { DuckdbRowsOptions } from './rows.js'
export { duckdbRows } from './rows.js'
