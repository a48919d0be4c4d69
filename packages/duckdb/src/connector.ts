import { resolve } from 'node:path'
import type { Place, SqlConnector, SqlPlace, StateHome } from '@millrace/etl-core'
import { accessTo } from './access.js'
import { databaseAt } from './database.js'
import type { DuckdbOptions } from './options.js'
import { databasePath } from './place.js'
import { relatedSink, tableSink } from './sink/sink.js'
import { tableSource } from './source/source.js'
import { duckdbState } from './state.js'

/**
 * DuckDB files as places for tables: `duckdb:./plants.duckdb`, relative to the working directory when it is first used. Sinks, a source and
 * state in one file. The file is opened when it is first needed, and closed as soon as nobody uses it.
 *
 * A place that names a folder or a database in memory throws ConfigError `ETL_PLACE_INVALID`.
 *
 * @example
 * definePipeline({ name: 'plants', connectors: [duckdb], build: ({ connect }) => … connect.table('duckdb:./plants.duckdb', { table: 'readings' }) })
 */
export const duckdb: SqlConnector = duckdbWith({})

/**
 * {@link duckdb} with options that a place has no words for.
 *
 * @example
 * definePipeline({ name: 'plants', connectors: [duckdbWith({ lockWaitMs: 5_000, memoryLimit: '512MB' })], … })
 */
export function duckdbWith(options: DuckdbOptions): SqlConnector {
  return Object.freeze<SqlConnector>({ kind: 'sql', scheme: 'duckdb', open: place => duckdbPlace(place, options) })
}

/**
 * One DuckDB file, for pipelines whose place is fixed.
 *
 * @param file - Its path, relative to the working directory when it is first used.
 * @throws ConfigError `ETL_PLACE_INVALID`
 */
export function duckdbFile(file: string, options: DuckdbOptions = {}): SqlPlace {
  return duckdbPlace({ scheme: 'duckdb', rest: file, shown: `duckdb:${file}` }, options)
}

function duckdbPlace(place: Place, options: DuckdbOptions): SqlPlace {
  const database = databaseAt(resolve(place.cwd ?? '', databasePath(place)), options)
  const home: StateHome = {
    place: place.shown,
    state: pipeline => duckdbState(database, place.shown, pipeline),
    access: () => accessTo(place.shown),
  }
  return {
    table: table => tableSink(database, home, table),
    tables: tables => relatedSink(database, home, tables),
    source: rows => tableSource(database, place.shown, rows),
    home,
  }
}
