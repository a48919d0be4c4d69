import type { Sink, Source, StateStore } from '@millrace/etl-core'
import type { ObjectStore } from '@millrace/objects'
import { type Around, objectsAround, sinkAround, sourceAround, stateAround } from './around.js'

/** Calls that are to fail. */
export interface Fault {
  /** `plan`, `next` (a batch asked for); `open`, `write`, `flush`, `commit`, `publish`, `discard`; `load`, `save`; `put`, `get`, … */
  readonly call: string
  /** What is thrown: an error, or a function that makes one each time. */
  readonly error: Error | (() => Error)
  /** How many calls fail. Default 1. */
  readonly times?: number
  /** How many calls succeed before. Default 0. */
  readonly after?: number
  /** `true`: the call happens and its answer is lost. Default false: it does not happen. */
  readonly answerLost?: boolean
}

/**
 * A source, sink, state store or object store of which chosen calls fail, for tests of what happens then.
 *
 * @example
 * const away = new SinkError('ETL_SINK_UNAVAILABLE', 'away', { retry: 'later' })
 * const sink = faulty(memorySink(), { call: 'flush', error: away, times: 2 })
 */
export function faulty<P extends Source<never> | Sink<never> | StateStore | ObjectStore>(
  part: P,
  ...faults: readonly Fault[]
): P {
  const armed = faults.map(fault => ({ ...fault, left: fault.times ?? 1, toPass: fault.after ?? 0 }))
  const around: Around = async (call, act) => {
    const fault = armed.find(each => each.call === call.name && each.left > 0)
    if (!fault || fault.toPass-- > 0) return act()
    fault.left--
    if (fault.answerLost) await act()
    throw typeof fault.error === 'function' ? fault.error() : fault.error
  }
  return wrapped(part, around) as P
}

function wrapped(part: object, around: Around): object {
  if ('read' in part) return sourceAround(part as Source<unknown>, around)
  if ('open' in part) return sinkAround(part as Sink<unknown>, around)
  if ('put' in part) return objectsAround(part as ObjectStore, around)
  return stateAround(part as StateStore, around)
}
