export { duckdb, duckdbFile, duckdbWith } from './connector.js'
export type { DuckdbOptions } from './options.js'
