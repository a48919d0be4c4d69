import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'

/** What a line must look like. A line that does not is rejected, with the reason, and the others arrive. */
const order = z.object({
  order: z.string().regex(/^\d+$/, 'must be digits'),
  customer: z.string().min(1, 'is missing'),
  quantity: z.string().regex(/^\d+$/, 'must be a whole number'),
  price: z.string().regex(/^\d+\.\d\d$/, 'must be a number such as 12.50'),
})

/** Reads the CSV files of a folder, checks each order and adds its total, and writes a file for each one it read. */
export default definePipeline({
  name: 'orders',
  description: 'Checks orders and adds their totals',
  connectors: [folder],
  params: z.object({
    from: z.string().default('file:./in').describe('where the CSV files are'),
    to: z.string().default('file:./out').describe('where they go'),
  }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom<Record<string, string>>(params.from, { format: csv(), suffix: '.csv' }))
      // .map(row => ({ ...row, price: row.price?.replace(',', '.') }))
      .validate(order)
      .derive({ total: r => (Number(r.quantity) * Number(r.price)).toFixed(2) })
      .into(connect.objects(params.to, { path: '{stem}.csv', format: csv() })),
})
