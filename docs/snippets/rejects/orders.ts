import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'

const amount = z.string().regex(/^\d+(\.\d+)?$/, 'must be a number such as 12.50')

const order = z.object({ order: z.string().regex(/^\d+$/, 'must be digits'), customer: z.string(), amount })

export default definePipeline({
  name: 'orders',
  connectors: [folder],
  params: z.object({ from: z.string().default('file:./in'), to: z.string().default('file:./out') }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom(params.from, { format: csv(), suffix: '.csv' }))
      .validate(order)
      .into(connect.objects(params.to, { path: '{stem}.csv', format: csv() })),
})
