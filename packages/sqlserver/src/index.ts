export { sqlServer, sqlServerPlace, sqlServerState, sqlServerWith } from './connector.js'
export type { SqlServerCredentials, SqlServerOptions } from './options.js'
