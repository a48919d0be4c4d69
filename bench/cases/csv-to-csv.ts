import { basename, dirname } from 'node:path'
import { definePipeline, from, run } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import type { Run } from '../case.js'
import type { Order } from '../orders.js'
import { amountOf, isOrdered, pricedOrder } from '../priced-order.js'
import { doneBy } from './finish.js'

/** A CSV file in a folder, filtered, one field derived, validated, to a CSV file in another. */
export const csvToCsv: Run = async ({ input, folder: out }) => {
  const pipeline = definePipeline({
    name: 'csv-to-csv',
    connectors: [folder],
    build: ({ connect }) =>
      from(connect.objectsFrom(`file:${dirname(input)}`, { format: csv<Order>(), keys: [basename(input)] }))
        .filter(isOrdered)
        .derive({ amount: amountOf })
        .validate(pricedOrder)
        .into(connect.objects(`file:${out}`, { path: 'priced.csv', format: csv() })),
  })
  return doneBy(await run(pipeline), out)
}
