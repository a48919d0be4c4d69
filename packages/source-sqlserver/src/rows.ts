import { parsePlace, type Source, type TableSourceOptions } from '@millrace/etl-core'
import { type SqlServerOptions, sqlServerPlace } from '@millrace/sqlserver'

/** What {@link sqlServerRows} can be told: which database, how it is connected to, and what is read. */
export interface SqlServerRowsOptions<T> extends TableSourceOptions<T> {
  /** `sqlserver://host:port/database`, without a user. */
  readonly place: string
  readonly connection?: SqlServerOptions
}

/**
 * Reads the rows of a table or view of a SQL Server database, in the order of a key. The same as
 * `connect.tableFrom('sqlserver://host/database', …)`.
 *
 * Output: records with the columns of `schema`; decimals and times as text with all digits, 64-bit integers as bigint. All rows are one group,
 * named by the table, with the label `table`.
 * What is read: no key behind the last one there was when the load was planned, page by page, each asked for by the key of the row before it.
 * A split goes on from any page. Where the database keeps snapshots (`ALLOW_SNAPSHOT_ISOLATION`), one attempt at a split reads the rows as they
 * were when it began; elsewhere each page is what was committed then.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for options, `ETL_PLACE_INVALID`, `ETL_PLACE_SECRET`, `ETL_CONFIG_CREDENTIALS`,
 * `ETL_SCHEMA_INCOMPATIBLE` for other columns. SourceError `ETL_SOURCE_NOT_FOUND`, `ETL_SOURCE_KEY` for a key that is null or not unique,
 * `ETL_SOURCE_UNAVAILABLE` and `ETL_SOURCE_RATE_LIMITED` (later), `ETL_SOURCE_DENIED`, `ETL_SOURCE_REFUSED`.
 * @example
 * from(sqlServerRows({ place: 'sqlserver://db.example.com/plants', table: 'readings', schema: reading, key: ['plant', 'takenAt'] }))
 */
export function sqlServerRows<T>({ place, connection = {}, ...rows }: SqlServerRowsOptions<T>): Source<T> {
  return sqlServerPlace(parsePlace(place), connection).source(rows)
}
