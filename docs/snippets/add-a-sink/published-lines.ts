import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, type Sink, SinkError } from '@millrace/etl-core'
import { joinFiles } from './join-files.js'

/** A part is staged once so many characters wait, so that memory is bounded whatever lies between two flushes. */
const partChars = 4 * 1024 * 1024

/** Each group as one file of JSON lines, replaced whole when the group is published. Flushed records survive a stop. */
export function publishedLines<T>(folder: string): Sink<T> {
  const stagingOf = (loadId: string) => join(folder, '_staging', encodeURIComponent(loadId))
  return {
    name: 'publishedLines',
    capabilities: { disposition: 'replace', durableAt: 'flush', replay: 'idempotent', cursor: 'outside' },
    bufferBytes: 2 * partChars,

    async open({ load, split, resume }) {
      const staging = stagingOf(load.loadId)
      await mkdir(staging, { recursive: true })
      // What state gives back is what the last saved flush returned: later parts are as if they were not.
      const parts = [...((resume?.kept as readonly string[] | undefined) ?? [])]
      let newest: Checkpoint | undefined = resume
      let text = ''
      let ended = false
      const refuseEnded = () => {
        if (ended) throw new SinkError('ETL_SINK_CLOSED', `The writer of split "${split.id}" has ended.`)
      }
      const stage = async () => {
        if (text === '') return
        const part = `${split.id}-${load.epoch}-${parts.length}`
        await writeFile(join(staging, part), text, { flush: true })
        parts.push(part)
        text = ''
      }
      const letGo = async () => {
        refuseEnded()
        ended = true
      }

      return {
        async write(batch) {
          refuseEnded()
          text += batch.rows
            .toArray()
            .map(record => `${JSON.stringify(record)}\n`)
            .join('')
          newest = batch.checkpoint
          if (text.length >= partChars) await stage()
          return {}
        },
        async flush() {
          refuseEnded()
          await stage()
          return newest && { ...newest, kept: [...parts] }
        },
        async commit() {
          refuseEnded()
          ended = true
          await stage()
          return parts
        },
        suspend: letGo,
        abort: letGo,
      }
    },

    async publish(group, { load }) {
      const parts = group.receipts.flatMap(({ receipt }) => receipt as readonly string[])
      const file = join(folder, `${encodeURIComponent(group.name)}.ndjson`)
      const whole = `${file}.${load.epoch}.part`
      await joinFiles(
        parts.map(part => join(stagingOf(load.loadId), part)),
        whole,
      )
      await rename(whole, file)
      return { objects: [{ place: `file:${file}`, bytes: (await stat(file)).size, change: 'replaced' }] }
    },

    discard: loadId => rm(stagingOf(loadId), { recursive: true, force: true }),
  }
}
