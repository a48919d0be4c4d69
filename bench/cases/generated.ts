import { definePipeline, from, run } from '@millrace/etl-core'
import { csv, gzip } from '@millrace/formats'
import { folder } from '@millrace/objects'
import { s3 } from '@millrace/s3'
import { type BenchCase, bucket, type Run } from '../case.js'
import type { Order } from '../orders.js'
import { doneBy } from './finish.js'
import { generatedOrders } from './generated-source.js'

/** Made up records into one object of a folder or a bucket. */
export function generatedInto(what: 'csv' | 'csv-gzip', writes: BenchCase['writes']): Run {
  const format = what === 'csv' ? csv<Order>() : gzip(csv<Order>())
  return async job => {
    const place = writes === 'folder' ? `file:${job.folder}` : `s3://${bucket}/out`
    const pipeline = definePipeline({
      name: 'generated',
      connectors: [folder, s3],
      build: ({ connect }) => from(generatedOrders(job.records)).into(connect.objects(place, { path: 'orders.{ext}', format })),
    })
    return doneBy(await run(pipeline), writes === 'folder' ? job.folder : undefined)
  }
}
