import { column } from '@millrace/schema'
import { reading } from './readings.js'

// #region grows
export const withLight = reading.extend({ light: column.int32().nullable() })
// #endregion

// #region wider
export const wider = reading.extend({ moisture: column.decimal(9, 2) })
// #endregion
