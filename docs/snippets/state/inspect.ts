import { inspectState, resetState } from '@millrace/etl-core'
import { folderStore, stateOver } from '@millrace/objects'

// #region show
const state = stateOver(folderStore('./out'), '_millrace/orders/state')
const { owner, load, groups, rejects } = await inspectState(state)
// #endregion
console.log(owner, load, Object.keys(groups), rejects)

// #region reset
await resetState(state, 'orders', 'file:./out')
// #endregion
