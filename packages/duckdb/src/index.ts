export { duckdb, duckdbPlace, duckdbWith } from './connector.js'
export type { DuckdbOptions } from './options.js'
