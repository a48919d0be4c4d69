export type { SqlServerCredentials, SqlServerOptions } from '@millrace/sqlserver'
export { sqlServer, sqlServerWith } from '@millrace/sqlserver'
export type { SqlServerDatabase, SqlServerTableOptions, SqlServerTablesOptions } from './sinks.js'
export { sqlServerTable, sqlServerTables } from './sinks.js'
