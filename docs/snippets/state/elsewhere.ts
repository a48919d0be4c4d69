import { run } from '@millrace/etl-core'
import { folderState } from '@millrace/objects'
import orders from '../objects/latest.js'

await run(orders, {}, { state: folderState('./state/orders'), statePlace: 'file:./state/orders' })
