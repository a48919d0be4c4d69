import { ConfigError } from '@millrace/etl-core'

/** Refuses what cannot name state. @throws ConfigError `ETL_STATE_KEY` */
export function checkStateKey(key: string): void {
  const fine = key.split('/').every(part => /^[A-Za-z0-9._-]{1,160}$/.test(part) && part !== '.' && part !== '..')
  if (!fine) throw new ConfigError('ETL_STATE_KEY', `${JSON.stringify(key)} cannot be a key of state.`, { context: { key } })
}
