import type { ObjectStore } from '@millrace/objects'
import { type Around, objectsAround, type WrappedCall } from '../around.js'

/** Thrown by every wrapped call once the process is "dead". Not an EtlError: nothing may handle it as one. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

/** A call, by its number from 1: before it happens, or after it happened and before anyone learns of it. */
export interface CallMoment {
  readonly call: number
  readonly when: 'before' | 'after'
}

/** Where a process ends. */
export type Death = CallMoment

/** A call that goes wrong once. */
export interface Mishap extends CallMoment {
  error(call: WrappedCall): Error
}

/** A process that is put to sleep before a call and wakes when it is told to. */
export interface Sleep {
  readonly call: number
  readonly until: Promise<void>
  /** Called when it has fallen asleep. */
  asleep(): void
}

/** What happens to one process. At most one of these. */
export interface LifePlan {
  readonly death?: Death
  readonly stopBefore?: number
  readonly mishap?: Mishap
  readonly sleep?: Sleep
}

/** One process of a test: counts its calls, and something happens to it at one of them. */
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
 * With `stopBefore` it is told to stop before that call, and lives. With `mishap` that one call fails. With `sleep` that call and all
 * after it wait.
 */
export function oneLife({ death, stopBefore, mishap, sleep }: LifePlan = {}): Life {
  const calls: WrappedCall[] = []
  const stop = new AbortController()
  let dead = false
  let waking: Promise<void> | undefined
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
    if (number === mishap?.call && mishap.when === 'before') throw mishap.error(call)
    if (number === sleep?.call) {
      waking = sleep.until
      sleep.asleep()
    }
    await waking
    const value = await act().catch(error => {
      throw dead ? refuse() : error
    })
    if (dead) throw refuse()
    if (number === death?.call) die()
    if (number === mishap?.call) throw mishap.error(call)
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
