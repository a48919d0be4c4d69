import { SinkError, SourceError, StateError } from '@millrace/etl-core'
import type { Around, WrappedCall } from '@millrace/etl-testkit/cases'
import fc from 'fast-check'
import { type Mortal, mortal } from './mortal.js'

/** What happens to one process, and how it is set up. */
export interface HardLife {
  /** Numbers of calls that fail with a passing error. */
  readonly faults: readonly { readonly at: number; readonly answerLost: boolean }[]
  /** It is told to stop at this call; 0: never. */
  readonly stopAt: number
  /** It dies at this call; 0: never. */
  readonly death: { readonly at: number; readonly when: 'before' | 'after' }
  readonly flushBatches: number
  readonly concurrency: number
  /** Records per batch, for this process. */
  readonly cut: number
}

const never = fc.constant(0)
const somewhere = fc.integer({ min: 1, max: 150 })

/** Lives as hard as can be. */
export const hardLife: fc.Arbitrary<HardLife> = fc.record({
  faults: fc.array(fc.record({ at: somewhere, answerLost: fc.boolean() }), { maxLength: 4 }),
  stopAt: fc.oneof({ weight: 2, arbitrary: never }, somewhere),
  death: fc.record({ at: fc.oneof(never, somewhere), when: fc.constantFrom('before' as const, 'after' as const) }),
  flushBatches: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  cut: fc.integer({ min: 1, max: 3 }),
})

/** A process to which nothing happens. */
export const easyLife: HardLife = {
  faults: [],
  stopAt: 0,
  death: { at: 0, when: 'before' },
  flushBatches: 1,
  concurrency: 1,
  cut: 2,
}

/** Puts the faults, the stop and the death of a life around its calls. */
export function livedBy({ faults, stopAt, death }: HardLife): { readonly life: Mortal; readonly signal: AbortSignal } {
  const stop = new AbortController()
  let number = 0
  const unlucky: Around = async (call, act) => {
    const mine = ++number
    if (mine === stopAt) stop.abort(new Error('the test stops the run'))
    const fault = faults.find(({ at }) => at === mine)
    if (!fault) return act()
    if (fault.answerLost) await act()
    throw away(call)
  }
  return { life: mortal(death, unlucky), signal: stop.signal }
}

/** A passing error, of the kind the called part throws. */
function away({ on, name, about }: WrappedCall): Error {
  const what = `the test lets ${on}.${name} ${about} fail once`
  if (on === 'state') return new StateError('ETL_STATE_UNAVAILABLE', what, { retry: 'later' })
  const reads = on === 'source' || ['get', 'head', 'list'].includes(name)
  return reads
    ? new SourceError('ETL_SOURCE_UNAVAILABLE', what, { retry: 'later' })
    : new SinkError('ETL_SINK_UNAVAILABLE', what, { retry: 'later' })
}
