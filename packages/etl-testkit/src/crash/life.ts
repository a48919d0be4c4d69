import type { ObjectStore } from '@millrace/objects'
import { type Around, objectsAround, type WrappedCall } from '../around.js'

/** Thrown by every wrapped call once the process is "dead". Not an EtlError: nothing may handle it as one. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

/** Where a process ends: before its nth call happens, or after it happened and before anyone learns of it. */
export interface Death {
  readonly call: number
  readonly when: 'before' | 'after'
}

/** One process of a test: counts its calls, and dies or is told to stop at one of them. */
export interface Life {
  readonly around: Around
  readonly calls: readonly WrappedCall[]
  readonly dead: boolean
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal
  /** Wraps an object store that a sink, a source or state is built on: its calls count too. */
  objects(store: ObjectStore): ObjectStore
}

/**
 * A process that dies at a call. From then on nothing it does has any effect: calls are refused, and answers of calls under way are lost.
 * With `stopBefore` it is told to stop before that call, and lives.
 */
export function oneLife(plan: { readonly death?: Death; readonly stopBefore?: number } = {}): Life {
  const { death, stopBefore } = plan
  const calls: WrappedCall[] = []
  const stop = new AbortController()
  let dead = false
  const refuse = () => new CrashError(`the process died at call ${death?.call}`)
  const die = () => {
    dead = true
    throw refuse()
  }
  const around: Around = async (call, act) => {
    if (dead) throw refuse()
    const number = calls.push(call)
    if (number === stopBefore) stop.abort(new Error('the test stops the run'))
    if (number === death?.call && death.when === 'before') die()
    const value = await act().catch(error => {
      throw dead ? refuse() : error
    })
    if (dead) throw refuse()
    if (number === death?.call) die()
    return value
  }
  return {
    around,
    calls,
    signal: stop.signal,
    get dead() {
      return dead
    },
    objects: store => objectsAround(store, around),
  }
}
