import { ConfigError } from '@millrace/etl-core'

/** What a sort key may have (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html, read 2026-12). */
export const keyBytesAtMost = 1_024

/**
 * Refuses what cannot name state.
 *
 * @throws ConfigError `ETL_STATE_KEY`
 */
export function checkStateKey(key: string): void {
  const good = key.split('/').every(part => /^[A-Za-z0-9._-]{1,160}$/.test(part) && part !== '.' && part !== '..')
  // Only ASCII is left, so characters are bytes.
  if (good && key.length <= keyBytesAtMost) return
  const shown = JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}…` : key)
  const problem = good
    ? `it has ${key.length} bytes, and a sort key of DynamoDB takes ${keyBytesAtMost}. Shorter names of groups and splits help`
    : 'each part between slashes must match [A-Za-z0-9._-]{1,160}, and be neither "." nor ".."'
  throw new ConfigError('ETL_STATE_KEY', `${shown} cannot name state in DynamoDB: ${problem}.`, { context: { key } })
}
