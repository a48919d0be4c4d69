import { type Place, parsePlace, type SqlConnector, type SqlPlace, type StateHome, type StateStore } from '@millrace/etl-core'
import { accessTo } from './access.js'
import { databaseAt } from './database.js'
import { knownOptions, type SqlServerOptions } from './options.js'
import { serverPlace } from './place.js'
import { relatedSink, tableSink } from './sink/sink.js'
import { tableSource } from './source/source.js'
import { sqlServerState as stateIn } from './state.js'

/**
 * {@link sqlServer} with options that a place has no words for.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` with all problems at once.
 * @example
 * definePipeline({ name: 'plants', connectors: [sqlServerWith({ credentials: () => vault.read('plants'), maxConnections: 4 })], … })
 */
export function sqlServerWith(options: SqlServerOptions): SqlConnector {
  knownOptions(options)
  return Object.freeze<SqlConnector>({ kind: 'sql', scheme: 'sqlserver', open: place => sqlServerPlace(place, options) })
}

/**
 * SQL Server databases as places for tables: `sqlserver://host:port/database`. Sinks, a source and state in one database. Connections are
 * opened when they are first needed, and closed as soon as nobody uses them; the drivers load at first use.
 *
 * User and password come from `MILLRACE_SQLSERVER_USER` and `MILLRACE_SQLSERVER_PASSWORD`, from the secret of AWS Secrets Manager that
 * `MILLRACE_SQLSERVER_SECRET` names, or from a function given to {@link sqlServerWith}. TLS is on, and the server's certificate has to be one
 * that this computer trusts: `?trustServerCertificate=true` takes any, `?encrypt=false` does without.
 *
 * A place that names no database throws ConfigError `ETL_PLACE_INVALID`, one with a user `ETL_PLACE_SECRET`.
 *
 * @example
 * definePipeline({ name: 'plants', connectors: [sqlServer], build: ({ connect }) => … connect.table('sqlserver://db.example.com/plants', { table: 'readings' }) })
 */
export const sqlServer: SqlConnector = sqlServerWith({})

/** One database. */
export function sqlServerPlace(place: Place, options: SqlServerOptions = {}): SqlPlace {
  const server = serverPlace(place)
  const database = databaseAt(server, options)
  const home: StateHome = {
    place: place.shown,
    state: pipeline => stateIn(database, place.shown, pipeline),
    access: () => accessTo(place.shown),
  }
  return {
    table: table => tableSink(database, home, table),
    tables: tables => relatedSink(database, home, tables),
    source: rows => tableSource(databaseAt(server, options, 'reading'), place.shown, rows),
    home,
  }
}

/**
 * State of one pipeline in a database, for runs whose sink keeps none.
 *
 * @throws ConfigError as {@link sqlServer} does for a place.
 * @example
 * await run(pipeline, params, { state: sqlServerState('sqlserver://db.example.com/etl', 'orders'), statePlace: 'sqlserver://db.example.com/etl' })
 */
export function sqlServerState(place: string, pipeline: string, options: SqlServerOptions = {}): StateStore {
  const parsed = parsePlace(place)
  return stateIn(databaseAt(serverPlace(parsed), options), parsed.shown, pipeline)
}
