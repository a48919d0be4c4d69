import type { SinkCapabilities } from './sink.js'
import type { SourceCapabilities } from './source.js'

/** What a pipeline promises about each record, and why. Derived from its parts; nobody can claim more. */
export interface Guarantee {
  /**
   * `exactly once` in effect: a reader of the destination sees each record of a load once, whatever was retried, stopped or killed. Another
   * load of the same records is told apart by bookmarks, by its trigger's identity, or by a sink that replaces or merges.
   */
  readonly delivery: 'exactly once' | 'at least once'
  readonly reasons: readonly string[]
  /** False: a stop loses the split's work, so a split must fit in one attempt. */
  readonly survivesStop: boolean
}

/** What the capabilities of a source and a sink, and where state lies, add up to. */
export function guaranteeOf(source: SourceCapabilities, sink: SinkCapabilities, durableState: boolean): Guarantee {
  const reasons: string[] = []
  const keyed = sink.disposition === 'merge' || sink.cursor === 'inTransaction'
  let exactly = true

  if (sink.cursor === 'inTransaction') {
    reasons.push('the sink keeps the cursor in the same transaction as the records')
  } else if (sink.replay === 'idempotent') {
    reasons.push('a batch written again replaces its first copy')
  } else {
    exactly = false
    reasons.push('a batch written again after a crash is written twice')
  }
  if (source.rereads === 'mayDiffer' && !keyed) {
    exactly = false
    reasons.push('reading again may give other records, and the sink does not merge by key')
  }
  const readAgain = source.rereads === 'mayDiffer' && !source.resumable
  if (readAgain && keyed && !(sink.disposition === 'merge' && sink.replay === 'idempotent')) {
    exactly = false
    reasons.push('after a stop the source is read again from its start, and may give other records')
  }
  if (!durableState && sink.cursor !== 'inTransaction') {
    if (sink.disposition === 'append') exactly = false
    reasons.push('state is in memory: a run that dies begins again from the start')
  }
  if (sink.disposition === 'append') {
    reasons.push(
      sink.emptiesSource
        ? 'each load adds to what is there, and what has arrived is removed at the source before the next one'
        : 'each load adds to what is there: without a bookmark the next one adds the same again',
    )
  }
  const survivesStop = sink.durableAt === 'flush' && (source.resumable || (sink.cursor === 'inTransaction' && !readAgain))
  if (sink.durableAt === 'commit') reasons.push('a split must fit in one attempt: nothing is kept before its commit')
  else if (!source.resumable) reasons.push('a split must fit in one attempt: the source cannot continue in the middle')
  return { delivery: exactly ? 'exactly once' : 'at least once', reasons, survivesStop }
}
