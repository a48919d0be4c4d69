import { zonedToUtc } from '@millrace/schema'

// #region zones
zonedToUtc('2025-07-01 09:30:00', 'Europe/London') // '2025-07-01T08:30:00Z'

// This time happened twice: `near` (epoch milliseconds) says which one is meant.
zonedToUtc('2025-10-26 01:30:00', 'Europe/London', { near: Date.UTC(2025, 9, 26, 0, 40) }) // '2025-10-26T00:30:00Z'
// #endregion
