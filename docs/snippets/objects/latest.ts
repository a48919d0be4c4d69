import { definePipeline, from } from '@millrace/etl-core'
import { csv, ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'

interface Order {
  readonly id: number
  readonly country: string
  readonly amount: number
}

export default definePipeline({
  name: 'orders',
  connectors: [folder],
  build: ({ connect }) =>
    from(connect.objectsFrom<Order>('file:./in', { format: ndjson(), suffix: '.ndjson' })).into(
      // #region sink
      connect.objects('file:./out', {
        path: '{stem}/{startedOn}.{ext}',
        latest: '{stem}/latest.{ext}',
        format: csv(),
      }),
      // #endregion
    ),
})
