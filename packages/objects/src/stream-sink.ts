import { once } from 'node:events'
import type { Writable } from 'node:stream'
import {
  ConfigError,
  type Format,
  type Json,
  type Sink,
  SinkError,
  type SinkWriter,
  StopError,
  type UnitReceipt,
} from '@millrace/etl-core'
import { encodeRows } from './sink/encode.js'

/** Where a stream sink writes, and how. */
export interface StreamSinkOptions<T> {
  /**
   * `stdout` is the process's standard output, from which the command keeps its own lines away. A function is called when the first record
   * comes. The stream is not ended: that is the caller's.
   */
  readonly stream: 'stdout' | (() => Writable)
  /** `csv` or `ndjson`: what needs nothing at its end. */
  readonly format: Format<T>
  /** For people. Default `a stream`, or `standard output`. */
  readonly shown?: string
}

/**
 * Writes records to a stream as they come, for standard output and pipes.
 *
 * Splits are written one after the other. Delivery: at least once. What is written cannot be taken back: a run that fails leaves what it
 * wrote, and a split that is tried again is written again. Where no record comes there is a CSV header all the same, once a split has ended
 * and the columns are known.
 *
 * @throws ConfigError `ETL_CONFIG_INVALID` for formats with an end, such as Parquet. While writing SinkError `ETL_SINK_UNAVAILABLE` when the
 * stream fails or its reader has left, which is no failure but a stop where the run's signal says so; after its end `ETL_SINK_CLOSED`.
 * @example
 * flow.into(streamSink({ stream: 'stdout', format: csv() }))
 */
export function streamSink<T>(options: StreamSinkOptions<T>): Sink<T> {
  const toStdout = options.stream === 'stdout'
  const { shown = toStdout ? 'standard output' : 'a stream' } = options
  let { format } = options
  const units: UnitReceipt[] = []
  let headWritten = new Uint8Array(0)

  const put = async (chunks: readonly Uint8Array[]) => {
    const stream = options.stream === 'stdout' ? process.stdout : options.stream()
    for (const chunk of chunks) {
      if (stream.destroyed) throw failedStream(shown, stream.errored)
      if (!stream.write(chunk)) await once(stream, 'drain').catch(error => Promise.reject(failedStream(shown, error)))
    }
  }

  /** What of the head is not there yet: without records its columns may not be known. */
  const headLeft = (head: Uint8Array): Uint8Array => {
    const begun = headWritten.every((byte, at) => head[at] === byte)
    const left = begun ? head.subarray(headWritten.length) : head
    headWritten = new Uint8Array(head)
    return left
  }

  const openWriter = (split: string): SinkWriter<T> => {
    const encoder = format.encoder(units)
    let open = true
    const refuseClosed = () => {
      if (!open) throw new SinkError('ETL_SINK_CLOSED', `The writer of split ${split} has ended.`, { context: { split } })
    }
    const end = async () => {
      refuseClosed()
      open = false
    }
    return {
      async write(batch) {
        refuseClosed()
        const { chunks, taken, rejected } = await encodeRows(encoder, batch.rows)
        if (taken > 0) {
          const last = await encoder.end()
          const all = [...chunks, ...last.bytes]
          const bytes = all.reduce((sum, chunk) => sum + chunk.length, 0)
          const first = units.length === 0
          units.push({ bytes, records: taken, ...(last.meta === undefined ? {} : { meta: last.meta }) })
          const { head, between } = format.assemble(units)
          await put([first ? headLeft(head) : between, ...all].filter(chunk => chunk.length > 0))
        }
        return { rejected }
      },
      async flush() {
        refuseClosed()
        return undefined
      },
      async commit(): Promise<Json> {
        await end()
        const head = units.length === 0 ? headLeft(format.assemble([]).head) : undefined
        if (head && head.length > 0) await put([head])
        return null
      },
      suspend: end,
      async abort() {
        open = false
      },
    }
  }

  return Object.freeze<Sink<T>>({
    name: 'stream',
    capabilities: { disposition: 'append', durableAt: 'commit', replay: 'duplicates', cursor: 'outside' },
    oneSplitAtATime: true,
    ...(toStdout ? { standardOutput: true } : {}),
    access: () => [],
    get layout(): Json {
      return { format: format.layout }
    },
    get writes() {
      return `${shown}, as ${format.name}`
    },
    prepare(facts) {
      format = options.format.prepare?.(facts) ?? options.format
      if (format.unitRecords === undefined && format.assemble([]).tail.length === 0) return
      throw new ConfigError('ETL_CONFIG_INVALID', `${shown} takes csv or ndjson: ${format.name} is whole only with its end.`)
    },
    open: async ({ split }) => openWriter(split.id),
  })
}

function failedStream(shown: string, cause: unknown): SinkError {
  const readerLeft = (cause as NodeJS.ErrnoException | null)?.code === 'EPIPE'
  const why = readerLeft ? 'its reader has left' : cause instanceof Error ? cause.message : 'it is closed'
  return new SinkError('ETL_SINK_UNAVAILABLE', `Nothing more can be written to ${shown}: ${why}.`, {
    ...(readerLeft ? { context: { system: 'EPIPE' } } : {}),
    // Where the run is being stopped for it, the split stops and has not failed.
    cause: readerLeft ? new StopError('ETL_STOP_SIGNAL', `The reader of ${shown} has left.`, { cause }) : cause,
  })
}
