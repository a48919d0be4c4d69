import { definePipeline, from } from '@millrace/etl-core'
import { gzip, ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'

interface Order {
  readonly id: number
  readonly country: string
  readonly amount: number
}

export default definePipeline({
  name: 'lake',
  connectors: [folder],
  build: ({ connect }) =>
    from(connect.objectsFrom<Order>('file:./in', { format: ndjson(), suffix: '.ndjson' })).into(
      // #region sink
      connect.objects('file:./lake', {
        layout: 'append',
        path: 'orders',
        partitionBy: ['country'],
        format: gzip(ndjson()),
      }),
      // #endregion
    ),
})
