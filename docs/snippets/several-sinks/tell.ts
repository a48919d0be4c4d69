import { definePipeline, from, type Source } from '@millrace/etl-core'
import { ndjson } from '@millrace/formats'
import { folder } from '@millrace/objects'
import * as z from 'zod'

/** One record: what is to be told. */
const once = <T>(record: T): Source<T> => ({
  name: 'one record',
  capabilities: { resumable: false, rereads: 'same' },
  plan: async () => ({ splits: [{ id: 'message', params: null }] }),
  async *read() {
    yield { records: [record], cursor: 1 }
  },
})

export default definePipeline({
  name: 'tell',
  connectors: [folder],
  params: z.object({ at: z.string(), after: z.string(), rejected: z.int() }),
  build: ({ params, connect }) =>
    from(once({ subject: `${params.rejected} orders need a look`, load: params.after })).into(
      connect.objects(params.at, { path: '{loadId}.{ext}', format: ndjson() }),
    ),
})
