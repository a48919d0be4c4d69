import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../case.js'
import { inDuckdb, indicatorsOf } from './duckdb-sql.js'

const isKept = 'year >= 1970 AND value IS NOT NULL'
const isValid = "length(iso3) = 3 AND country <> '' AND indicator <> '' AND year <= 2100 AND length(lastupdated) >= 8"

/** DuckDB on one thread, in SQL. */
export const workByDuckdb: Run = async ({ input, records, folder }) => {
  const file = join(folder, 'valued.csv')
  const rows = `SELECT *, value / 1e6 AS value_m FROM ${indicatorsOf(input)} WHERE ${isKept} AND ${isValid}`
  await inDuckdb(`COPY (${rows}) TO '${file}' (FORMAT csv, HEADER)`)
  return { recordsIn: records, recordsOut: 0, bytesOut: (await stat(file)).size, file }
}

/** DuckDB's COPY from CSV to Parquet, on one thread. */
export const parquetByDuckdb: Run = async ({ input, records, folder }) => {
  const file = join(folder, 'indicators.parquet')
  await inDuckdb(`COPY (SELECT * FROM ${indicatorsOf(input)}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`)
  return { recordsIn: records, recordsOut: records, bytesOut: (await stat(file)).size, file }
}
