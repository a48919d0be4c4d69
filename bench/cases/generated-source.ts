import type { Source } from '@millrace/etl-core'
import { type Order, orderAt } from '../orders.js'

/** About 64 KiB of text, as file sources have it. */
const batchRecords = 500

/** A source that makes order lines up as it is asked for them. */
export const generatedOrders = (records: number): Source<Order> => generatedSource(records, orderAt)

/** A source that makes records up as it is asked for them: it holds one batch and no input. */
export function generatedSource<T>(records: number, recordAt: (index: number) => T): Source<T> {
  return {
    name: 'generated',
    capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: [{ id: 'records', params: null }] }),
    async *read(_split, from) {
      for (let at = typeof from === 'number' ? from : 0; at < records; at += batchRecords) {
        const end = Math.min(at + batchRecords, records)
        const batch: T[] = []
        for (let index = at; index < end; index++) batch.push(recordAt(index))
        yield { records: batch, cursor: end }
      }
    },
  }
}
