import type { Checkpoint, Sink } from '@millrace/etl-core'

/** A sink that hands each record to a function and keeps nothing: a load whose work is elsewhere. */
export function takingSink<T>(take: (record: T) => void): Sink<T> {
  return {
    name: 'taking',
    capabilities: { disposition: 'append', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' },
    async open() {
      let newest: Checkpoint | undefined
      return {
        async write(batch) {
          for (const record of batch.rows.toArray()) take(record)
          newest = batch.checkpoint
          return {}
        },
        flush: async () => newest,
        commit: async () => null,
        suspend: async () => {},
        abort: async () => {},
      }
    },
  }
}
