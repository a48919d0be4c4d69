import { duckdbWith } from '@millrace/duckdb'

// #region options
export const duckdb = duckdbWith({ lockWaitMs: 5_000, memoryLimit: '512MB', threads: 2 })
// #endregion
