import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Sink, SinkError } from '@millrace/etl-core'

/** Each split of a load as one file of JSON lines in a folder. The file is there whole or not at all. */
export function jsonLines<T>(folder: string): Sink<T> {
  return {
    name: 'jsonLines',
    capabilities: { disposition: 'append', durableAt: 'commit', replay: 'idempotent', cursor: 'outside' },

    async open({ load, split }) {
      const file = join(folder, `${encodeURIComponent(load.loadId)}-${split.id}.ndjson`)
      const part = `${file}.${load.epoch}.part`
      await mkdir(folder, { recursive: true })
      const out = await open(part, 'w')
      let ended = false
      const refuseEnded = () => {
        if (ended) throw new SinkError('ETL_SINK_CLOSED', `The writer of split "${split.id}" has ended.`)
      }
      const letGo = async () => {
        refuseEnded()
        ended = true
        await out.close()
        await rm(part, { force: true })
      }

      return {
        async write(batch) {
          refuseEnded()
          const lines = batch.rows.toArray().map(record => `${JSON.stringify(record)}\n`)
          await out.appendFile(lines.join(''))
          return {}
        },
        // Nothing is durable before commit, so nothing is acknowledged.
        flush: async () => undefined,
        async commit() {
          refuseEnded()
          ended = true
          await out.sync()
          await out.close()
          await rename(part, file)
          return { file }
        },
        suspend: letGo,
        abort: letGo,
      }
    },
  }
}
