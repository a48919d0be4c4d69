import { canonicalJson, type RunReport, toJson } from '@millrace/etl-core'
import type { WrappedCall } from '../around.js'
import { sameRecords } from '../compare.js'
import { disturb, lifeFor, type Stage, stageOf } from './disturb.js'
import { type CallMoment, oneLife } from './life.js'
import { endingOf, storyOf } from './story.js'
import { type CrashKind, type CrashOptions, type CrashWorld, look, runAct, type Seen } from './world.js'

/** One place where something happened to a run, and what became of it. */
export interface CrashPoint {
  readonly kind: CrashKind
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
  /** What is wrong even with a run that nothing happens to: it leaves something else than `expected`, a second replay finds rejects. */
  readonly undisturbed?: string
  readonly points: readonly CrashPoint[]
  /** The points after which records were missing, doubled or strange. */
  readonly failures: readonly CrashPoint[]
}

/**
 * Runs a pipeline once undisturbed; then again and again in a fresh world, where the process dies before or after the nth call to source,
 * sink, writer or state (and to the stores they are built on), for every n; lets the next process run to its end; and compares what a
 * reader sees with the undisturbed run. The same for a stop (as on a signal) at every batch read and written, and with `kinds` for calls
 * that fail, processes that sleep, and processes that come while one is there. A world with `next` has a second load, and `mended` steps
 * add a replay of the rejects: then every call of those counts too.
 *
 * Where the parts together promise exactly once, records and rejects must be the same ones. Where they promise at least once, none may
 * be missing and none may be made up. A load that was planned is never planned again.
 *
 * @example
 * const { failures } = await crashEveryPoint({ build: () => { … return { open: () => ({ source, sink, state }), read: () => sink.visible() } } })
 */
export async function crashEveryPoint<T, U = T>(options: CrashOptions<T, U>): Promise<CrashReport> {
  const undisturbed = await undisturbedRun(options)
  const { calls } = undisturbed
  const points: CrashPoint[] = []
  for (const kind of options.kinds ?? ['crash', 'stop'])
    for (const moment of momentsOf(kind, calls, options)) points.push(await tryPoint(options, kind, moment, undisturbed))
  return {
    delivery: undisturbed.delivery,
    calls: calls.length,
    ...(undisturbed.failure === undefined ? {} : { undisturbed: undisturbed.failure }),
    points,
    failures: points.filter(point => point.failure !== undefined),
  }
}

/** Where a kind of thing is done: at every call, or only where batches are handed over; before it, or after it too. */
function momentsOf<T, U>(
  kind: CrashKind,
  calls: readonly WrappedCall[],
  { only, maxPoints, sample }: CrashOptions<T, U>,
): CallMoment[] {
  const atBatches = kind === 'stop' || kind === 'failure'
  const whens = kind === 'crash' || kind === 'outage' ? (['before', 'after'] as const) : (['before'] as const)
  const byCall = calls.map((call, index) =>
    atBatches && !['next', 'write'].includes(call.name)
      ? []
      : whens.filter(when => only?.({ kind, call, when }) ?? true).map(when => ({ call: index + 1, when })),
  )
  const tried = byCall.filter(moments => moments.length > 0)
  const most = typeof maxPoints === 'object' ? maxPoints[kind] : maxPoints
  return (sample === undefined ? spread(tried, most) : oneOfEachStretch(tried, sample, most)).flat()
}

interface Undisturbed {
  readonly calls: readonly WrappedCall[]
  readonly delivery: CrashReport['delivery']
  readonly seen: Seen
  readonly failure?: string | undefined
}

async function undisturbedRun<T, U>(options: CrashOptions<T, U>): Promise<Undisturbed> {
  return inWorld(options, undefined, async (world, stage) => {
    const life = oneLife()
    const { report } = await stage.story.goOn({ life, turn: 1, clock: stage.clock })
    if (!stage.story.ended || report?.status !== 'succeeded')
      throw new Error(`The undisturbed run ended as ${endingOf(report as RunReport)}`)
    const seen = await look(world)
    const failure = await failureOf(async () => {
      if (options.expected) sameRecords(seen.records, options.expected, 'what a reader sees', options.ordered)
      await assertWell(world, stage, options)
    })
    // The guarantee is stated for state that outlives the process, which it does in these worlds.
    return { calls: life.calls, delivery: report.guarantee.delivery, seen, failure }
  })
}

async function tryPoint<T, U>(
  options: CrashOptions<T, U>,
  kind: CrashKind,
  moment: CallMoment,
  undisturbed: Undisturbed,
): Promise<CrashPoint> {
  const { life, alarm } = lifeFor(kind, moment)
  // What a world says as it closes belongs to the point too.
  const failure = await failureOf(() =>
    inWorld(options, kind, async (world, stage) => {
      await disturb(stage, kind, moment, life, alarm)
      assertSame(await look(world), undisturbed, options)
      await assertWell(world, stage, options)
    }),
  )
  const at = life.calls[moment.call - 1] ?? undisturbed.calls[moment.call - 1]
  const point = { kind, ...moment, at: at ? `${at.on}.${at.name} ${at.about}`.trim() : '' }
  return failure === undefined ? point : { ...point, failure }
}

async function failureOf(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function assertSame<T, U>(seen: Seen, { seen: expected, delivery }: Undisturbed, options: CrashOptions<T, U>): void {
  if (delivery === 'exactly once') {
    sameRecords(seen.records, expected.records, 'what a reader sees', options.ordered)
    sameRecords(seen.rejects, expected.rejects, 'the stored rejects')
  } else sameKinds(seen.records, expected.records)
  sameRecords(seen.published, expected.published, 'the groups that state knows as published')
}

/** What must be true whenever all is done: the world's own word, and rejects that are replayed once and no more. */
async function assertWell<T, U>(world: CrashWorld<T, U>, stage: Stage, options: CrashOptions<T, U>): Promise<void> {
  await stage.always()
  if (!options.mended) return
  const before = await look(world)
  await runAct(world, options, 'replay', { life: oneLife(), turn: 3, clock: stage.clock })
  sameRecords((await look(world)).records, before.records, 'what a reader sees after a second replay', options.ordered)
}

/** At least once: none is missing, none is made up, some may be there twice. */
function sameKinds(actual: readonly unknown[], expected: readonly unknown[]): void {
  const kinds = (records: readonly unknown[]) => [...new Set(records.map(record => canonicalJson(toJson(record))))]
  sameRecords(kinds(actual), kinds(expected), 'what a reader sees, each kind once')
}

async function inWorld<T, U, V>(
  options: CrashOptions<T, U>,
  kind: CrashKind | undefined,
  act: (world: CrashWorld<T, U>, stage: Stage) => Promise<V>,
): Promise<V> {
  const world = await options.build()
  try {
    return await act(world, stageOf(world, storyOf(world, options)))
  } finally {
    await world.close?.(kind)
  }
}

/** At most `most` of them, evenly spread, first and last among them. */
function spread<V>(all: readonly V[], most = Number.POSITIVE_INFINITY): V[] {
  if (all.length <= most) return [...all]
  const steps = Array.from({ length: most }, (_, index) => Math.round((index * (all.length - 1)) / Math.max(1, most - 1)))
  return [...new Set(steps)].map(index => all[index] as V)
}

/** Of each of `most` stretches of about the same length the one at `turn`, counted round and round. */
function oneOfEachStretch<V>(all: readonly V[], turn: number, most = Number.POSITIVE_INFINITY): V[] {
  if (all.length <= most) return [...all]
  const starts = Array.from({ length: most + 1 }, (_, index) => Math.floor((index * all.length) / most))
  return starts.slice(0, -1).map((start, index) => all[start + (turn % ((starts[index + 1] as number) - start))] as V)
}
