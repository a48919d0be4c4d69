import type { Source, SourceBatch } from '@millrace/etl-core'
import { type Order, orderAt } from '../orders.js'

/** About 64 KiB of text, as file sources have it. */
const batchRecords = 500

/** A source that makes order lines up as it is asked for them: it holds one batch and no input. */
export function generatedOrders(records: number): Source<Order> {
  return {
    name: 'generated',
    capabilities: { resumable: true, rereads: 'same' },
    plan: async () => ({ splits: [{ id: 'orders', params: null }] }),
    async *read(_split, from) {
      for (let at = typeof from === 'number' ? from : 0; at < records; at += batchRecords) yield batchAt(at, records)
    },
  }
}

function batchAt(start: number, records: number): SourceBatch<Order> {
  const end = Math.min(start + batchRecords, records)
  return { records: Array.from({ length: end - start }, (_, row) => orderAt(start + row)), cursor: end }
}
