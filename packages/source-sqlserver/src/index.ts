export type { SqlServerCredentials, SqlServerOptions } from '@millrace/sqlserver'
export { sqlServer, sqlServerWith } from '@millrace/sqlserver'
export type { SqlServerRowsOptions } from './rows.js'
export { sqlServerRows } from './rows.js'
