import { type SqlServerOptions, sqlServerWith } from '@millrace/sqlserver'
import { sqlServerVariable } from './needs.js'

/** The server the variable names: its connector and place, and who logs in. */
export function sqlServerOfBench() {
  const url = new URL(process.env[sqlServerVariable] ?? '')
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  const options: SqlServerOptions = { credentials: () => ({ user, password }) }
  return { connector: sqlServerWith(options), place: url.href, url, user, password }
}
