import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { StateError } from './errors.js'

/** Who a run is: enough to tell whether the process is still there. */
export interface OwnerIdentity {
  readonly host: string
  readonly pid: number
  /** Epoch milliseconds. Tells a process from a later one with the same pid. */
  readonly processStartedAtMs: number
}

/** Who owns a pipeline's state, since when, and until when without being renewed. */
export interface Owner extends OwnerIdentity {
  readonly epoch: number
  readonly sinceMs: number
  readonly expiresAtMs: number
}

/** This process. */
export function thisProcess(): OwnerIdentity {
  return { host: hostname(), pid: process.pid, processStartedAtMs: Math.round(performance.timeOrigin) }
}

/**
 * Whether an owner may still write. On the same host a process that is gone is known at once; on another one only after its lease
 * expired. A paused process counts as alive until then.
 */
export function isAlive(owner: Owner, nowMs: number, me: OwnerIdentity): boolean {
  if (owner.expiresAtMs <= nowMs) return false
  if (owner.host !== me.host) return true
  if (owner.pid === me.pid) return owner.processStartedAtMs === me.processStartedAtMs
  return processExists(owner.pid)
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The error of a run that finds a live owner. */
export function ownedByAnother(owner: Owner, pipeline: string, place: string): StateError {
  const since = new Date(owner.sinceMs).toISOString()
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Pipeline "${pipeline}" at ${place} is being run by process ${owner.pid} on ${owner.host} since ${since}. ` +
      'Wait for it (--wait), or stop it; a process that died is succeeded by itself.',
    { context: { host: owner.host, pid: owner.pid, since } },
  )
}
