import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'

// #region fix
/** `1.204,50` is written `1204.50`; what has no decimal comma stays as it is. */
const pointed = (text: string): string => (/,\d+$/.test(text) ? text.replaceAll('.', '').replace(',', '.') : text)

const amount = z
  .string()
  .transform(pointed)
  .pipe(z.string().regex(/^\d+(\.\d+)?$/, 'must be a number such as 12.50'))
// #endregion

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
