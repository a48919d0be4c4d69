import { errorJson, isEtlError, type RunContext } from '@millrace/etl-core'
import type { ObjectStore, UnfinishedWrites } from '../store.js'

/** Ends what processes that died had begun to write. Whoever may not list such writes leaves them to the bucket's lifecycle rule. */
export async function endUnfinished(store: ObjectStore, of: UnfinishedWrites, { signal, log }: RunContext): Promise<void> {
  try {
    await store.endUnfinished?.(of, { signal })
  } catch (error) {
    const refused = ['ETL_SINK_DENIED', 'ETL_SINK_REFUSED', 'ETL_SINK_NOT_FOUND'].some(code => isEtlError(error, code))
    if (!refused) throw error
    const where = 'key' in of ? `of ${of.key}` : `below ${of.prefix}`
    log.info(`Unfinished writes ${where} could not be looked for.`, { error: errorJson(error) })
  }
}
