import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { StateError } from './errors.js'
import { hashOf } from './json.js'

/** Who a run is: enough to tell whether the process is still there. */
export interface OwnerIdentity {
  /** For people. */
  readonly host: string
  /** Names the set of processes that can see one another: one machine since its start, or one container on it. */
  readonly space: string
  readonly pid: number
  /** Tells a process from a later one with the same pid: clock ticks since the machine started, or epoch milliseconds. */
  readonly processStart: number
}

/** Who owns a pipeline's state, since when, and until when without being renewed. */
export interface Owner extends OwnerIdentity {
  /** Random: tells two runs of one process apart. */
  readonly token: string
  readonly epoch: number
  readonly sinceMs: number
  readonly expiresAtMs: number
}

/** This process. */
export function thisProcess(): OwnerIdentity {
  // Containers may share a host name, and each has a process 1: its processes cannot be seen from the next.
  const seen = [hostname(), read('/proc/sys/kernel/random/boot_id'), namespaceOf('/proc/self/ns/pid')]
  const ticks = statOf('self')?.startTicks
  return {
    host: hostname(),
    space: hashOf(seen, 12),
    pid: process.pid,
    processStart: ticks ?? Math.round(performance.timeOrigin),
  }
}

/**
 * Whether an owner may still write. A process that can be looked for and is gone is known at once; any other only after its lease
 * expired. A paused process counts as alive until then.
 */
export function isAlive(owner: Owner, nowMs: number, me: OwnerIdentity): boolean {
  if (owner.expiresAtMs <= nowMs) return false
  if (owner.space !== me.space) return true
  return owner.pid === me.pid ? owner.processStart === me.processStart : processLives(owner)
}

/**
 * Whether a process of this space lives. Another one that got its pid since does not count, nor one that ended and that its parent has not
 * asked about: in a container whose first process is no init, those stay.
 */
export function processLives({ pid, processStart }: OwnerIdentity): boolean {
  const found = statOf(String(pid))
  if (found) return found.startTicks === processStart && !ended.has(found.state)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** States of proc(5) `stat`: zombie, dead. */
const ended: ReadonlySet<string> = new Set(['Z', 'X'])

/** Fields 3 and 22 of proc(5) `stat`. `undefined` where there is no /proc, or no such process. */
function statOf(pid: string): { readonly state: string; readonly startTicks: number } | undefined {
  const stat = read(`/proc/${pid}/stat`)
  // Behind the command's name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = '', startTicks] = [fields[0], Number(fields[19])]
  return stat === '' || !Number.isFinite(startTicks) ? undefined : { state, startTicks }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function namespaceOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** The error of a run that finds a live owner. */
export function ownedByAnother(owner: Owner, pipeline: string, place: string): StateError {
  const since = new Date(owner.sinceMs).toISOString()
  return new StateError(
    'ETL_STATE_CONFLICT',
    `Pipeline "${pipeline}" at ${place} is being run by process ${owner.pid} on ${owner.host} since ${since}. ` +
      'Wait for it (--wait), or stop it; of a process that died the next run takes over by itself.',
    { context: { host: owner.host, pid: owner.pid, since } },
  )
}
