import { definePipeline, follow, from, tee } from '@millrace/etl-core'
import { csv, ndjson, parquet } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { column } from '@millrace/schema'
import * as z from 'zod'
import tell from './tell.js'

const order = z.object({ id: column.int32(), country: z.string().length(2), amount: column.decimal(9, 2) })

export default definePipeline({
  name: 'orders',
  connectors: [folder],
  params: z.object({ at: z.string().default('file:.') }),
  build: ({ params: { at }, connect }) =>
    from(connect.objectsFrom(`${at}/in`, { format: csv() }))
      .cast({ id: 'int32' })
      // #region rejectsTo
      .validate(order, {
        rejectsTo: connect.objects(`${at}/bad`, { path: '{stem}.{ext}', format: ndjson() }),
      })
      // #endregion
      .into(
        // #region tee
        tee(
          connect.objects(`${at}/out`, { path: '{stem}.{ext}', format: csv() }),
          connect.objects(`${at}/out`, { path: '{stem}.{ext}', format: parquet() }),
        ),
        // #endregion
      ),
  // #region next
  next: ({ status, loadId, counts }) =>
    status === 'succeeded' ? [follow(tell, { at: 'file:./mail', after: loadId, rejected: counts.rejected })] : [],
  // #endregion
})
