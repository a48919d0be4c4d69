import { readFile } from 'node:fs/promises'
import { sqlServerWith } from '@millrace/sqlserver'

// #region credentials
export const sqlServer = sqlServerWith({
  credentials: async () => ({ user: 'millrace', password: (await readFile('/run/secrets/plants', 'utf8')).trim() }),
  maxConnections: 4,
})
// #endregion
