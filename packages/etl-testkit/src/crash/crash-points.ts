import { canonicalJson, type RunReport, toJson } from '@millrace/etl-core'
import type { WrappedCall } from '../around.js'
import { sameRecords, settlesWithin } from '../compare.js'
import { type Life, oneLife } from './life.js'
import { type CrashOptions, type CrashWorld, look, runLife, type Seen } from './world.js'

/** One place where a run was ended, and what became of it. */
export interface CrashPoint {
  readonly kind: 'crash' | 'stop'
  /** The number of the call, from 1. */
  readonly call: number
  readonly when: 'before' | 'after'
  /** `writer.flush a`, `state.save head`. */
  readonly at: string
  /** What was wrong after the next run; absent when all was well. */
  readonly failure?: string
}

/** What {@link crashEveryPoint} found. */
export interface CrashReport {
  /** What the parts promise: it decides what is checked. */
  readonly delivery: 'exactly once' | 'at least once'
  /** Calls of an undisturbed run. */
  readonly calls: number
  readonly points: readonly CrashPoint[]
  /** The points after which records were missing, doubled or strange. */
  readonly failures: readonly CrashPoint[]
}

/**
 * Runs a pipeline once undisturbed; then again and again in a fresh world, where the process dies before or after the nth call to source,
 * sink, writer or state (and to the stores they are built on), for every n; lets the next process run to its end; and compares what a
 * reader sees with the undisturbed run. The same for a stop (as on a signal) at every batch read and written.
 *
 * Where the parts together promise exactly once, records and rejects must be the same ones. Where they promise at least once, none may
 * be missing and none may be made up.
 *
 * @example
 * const { failures } = await crashEveryPoint({ build: () => { … return { open: () => ({ source, sink, state }), read: () => sink.visible() } } })
 */
export async function crashEveryPoint<T, U = T>(options: CrashOptions<T, U>): Promise<CrashReport> {
  const undisturbed = await undisturbedRun(options)
  const { calls } = undisturbed
  const numbers = calls.map((_, index) => index + 1)
  const batchCalls = numbers.filter(number => ['next', 'write'].includes(calls[number - 1]?.name ?? ''))
  const plans: Omit<CrashPoint, 'at' | 'failure'>[] = [
    ...spread(numbers, options.maxPoints).flatMap(call => [
      { kind: 'crash' as const, call, when: 'before' as const },
      { kind: 'crash' as const, call, when: 'after' as const },
    ]),
    ...spread(batchCalls, options.maxPoints).map(call => ({ kind: 'stop' as const, call, when: 'before' as const })),
  ]
  const points: CrashPoint[] = []
  for (const plan of plans) points.push(await tryPoint(options, plan, undisturbed))
  return {
    delivery: undisturbed.delivery,
    calls: calls.length,
    points,
    failures: points.filter(point => point.failure !== undefined),
  }
}

interface Undisturbed {
  readonly calls: readonly WrappedCall[]
  readonly delivery: CrashReport['delivery']
  readonly seen: Seen
}

async function undisturbedRun<T, U>(options: CrashOptions<T, U>): Promise<Undisturbed> {
  return inWorld(options, async world => {
    const life = oneLife()
    const report = await runLife(world, options, life, 1)
    if (report.status !== 'succeeded')
      throw new Error(`The undisturbed run ended as ${report.status}: ${report.error?.message ?? ''}`)
    // The guarantee is stated for state that outlives the process, which it does in these worlds.
    return { calls: life.calls, delivery: report.guarantee.delivery, seen: await look(world) }
  })
}

async function tryPoint<T, U>(
  options: CrashOptions<T, U>,
  plan: Omit<CrashPoint, 'at' | 'failure'>,
  undisturbed: Undisturbed,
): Promise<CrashPoint> {
  const { call, when, kind } = plan
  const life = oneLife(kind === 'crash' ? { death: { call, when } } : { stopBefore: call })
  const failure = await inWorld(options, async world => {
    await endOf(runLife(world, options, life, 1), life)
    return failureAfter(world, options, undisturbed)
  })
  const at = life.calls[call - 1] ?? undisturbed.calls[call - 1]
  const point = { ...plan, at: at ? `${at.on}.${at.name} ${at.about}`.trim() : '' }
  return failure === undefined ? point : { ...point, failure }
}

/** A dead run's promise ends by itself, as every call it makes is refused; whatever it says is of no interest. */
async function endOf(running: Promise<RunReport>, life: Life): Promise<void> {
  const ended = await settlesWithin(running, 5_000)
  if (!ended && !life.dead) throw new Error('The run did not stop within 5 seconds.')
}

async function failureAfter<T, U>(
  world: CrashWorld<T, U>,
  options: CrashOptions<T, U>,
  undisturbed: Undisturbed,
): Promise<string | undefined> {
  try {
    const report = await runLife(world, options, oneLife(), 2)
    if (report.status !== 'succeeded' && report.status !== 'unchanged')
      return `the next run ended as ${report.status}: ${report.error?.message ?? report.reason ?? ''}`
    const seen = await look(world)
    if (undisturbed.delivery === 'exactly once') {
      sameRecords(seen.records, undisturbed.seen.records, 'what a reader sees', options.ordered)
      sameRecords(seen.rejects, undisturbed.seen.rejects, 'the stored rejects')
    } else sameKinds(seen.records, undisturbed.seen.records)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** At least once: none is missing, none is made up, some may be there twice. */
function sameKinds(actual: readonly unknown[], expected: readonly unknown[]): void {
  const kinds = (records: readonly unknown[]) => [...new Set(records.map(record => canonicalJson(toJson(record))))]
  sameRecords(kinds(actual), kinds(expected), 'what a reader sees, each kind once')
}

async function inWorld<T, U, V>(options: CrashOptions<T, U>, act: (world: CrashWorld<T, U>) => Promise<V>): Promise<V> {
  const world = await options.build()
  try {
    return await act(world)
  } finally {
    await world.close?.()
  }
}

/** At most `most` of the numbers, evenly spread, first and last among them. */
function spread(numbers: readonly number[], most = Number.POSITIVE_INFINITY): number[] {
  if (numbers.length <= most) return [...numbers]
  const picked = Array.from(
    { length: most },
    (_, index) => numbers[Math.round((index * (numbers.length - 1)) / Math.max(1, most - 1))],
  )
  return [...new Set(picked as number[])]
}
