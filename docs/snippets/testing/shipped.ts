import { definePipeline, from } from '@millrace/etl-core'
import { csv, ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'

const order = z.object({ id: z.string(), amount: z.number().positive() })

export default definePipeline({
  name: 'shipped',
  connectors: [folder],
  params: z.object({ from: z.string().default('file:./in'), to: z.string().default('file:./out') }),
  build: ({ params, connect }) =>
    from(connect.objectsFrom<{ id: string; amount: unknown; status: string }>(params.from, { format: ndjson() }))
      .filter(({ status }) => status === 'shipped')
      .validate(order)
      .into(connect.objects(params.to, { path: '{stem}.csv', format: csv() })),
})
