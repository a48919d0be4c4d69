import { definePipeline, from } from '@millrace/etl-core'
import { csv } from '@millrace/formats'
import { s3 } from '@millrace/s3'
import { s3Source } from '@millrace/source-s3'
import * as z from 'zod'

const params = z.object({
  bucket: z.string().default('arrivals'),
  key: z.string().optional(),
  etag: z.string().optional(),
  to: z.string().default('s3://arrivals/clean'),
})

/** Files that arrive below `raw/`, cleaned. Without a key: all of them. */
export default definePipeline({
  name: 'arrivals',
  connectors: [s3],
  params,
  // #region triggers
  triggers: {
    object: ({ bucket, key, eTag, change }) =>
      change === 'created' && key.startsWith('raw/') ? { bucket, key, etag: eTag } : null,
    event: ({ type, detail }) => (type === 'Order File Ready' ? z.object({ key: z.string() }).parse(detail) : null),
  },
  // #endregion
  build: ({ params: { bucket, key, etag, to }, connect }) =>
    from(
      s3Source<{ readonly id: string; readonly amount: string }>({
        bucket,
        format: csv(),
        ...(key === undefined ? { prefix: 'raw/', suffix: '.csv' } : { keys: [etag === undefined ? key : { key, etag }] }),
      }),
    )
      .filter(({ amount }) => amount.trim() !== '')
      .map(({ id, amount }) => ({ id: id.trim(), amount: amount.trim() }))
      .into(connect.objects(to, { path: '{stem}.csv', format: csv() })),
})
