import { SinkError } from '@millrace/etl-core'

/** The calls of one split's writer, up to its end. */
export interface WriterCalls {
  /** Does a call's work. @throws SinkError `ETL_SINK_CLOSED` when the writer has ended. */
  during<V>(work: () => Promise<V>): Promise<V>
  /** Ends the writer. Resolves when no work is under way any more, also none whose call was given up. */
  end(): Promise<void>
}

/**
 * The calls of a writer that has just begun: one at a time, and none after its end.
 *
 * @param split - The split's id, for the error.
 */
export function writerCalls(split: string): WriterCalls {
  let closed = false
  let busy: Promise<unknown> = Promise.resolve()
  return {
    async during(work) {
      if (closed) throw new SinkError('ETL_SINK_CLOSED', `The writer of split "${split}" has ended.`)
      const running = work()
      busy = Promise.allSettled([busy, running])
      return running
    },
    async end() {
      closed = true
      await busy
    },
  }
}
