import {
  canonicalJson,
  definePipeline,
  type FlowFacts,
  from,
  type MoveOptions,
  move,
  type RunOptions,
  type RunReport,
  run,
  toJson,
} from '@millrace/etl-core'
import { type ContractCase, contractCase, unless } from '../case.js'
import { sameRecords } from '../compare.js'
import { type CrashEnds, onlooker, type PartsOfLife } from '../crash/world.js'
import { guarded, type Meanwhile } from './guarded.js'
import type { MoveSuite, MoveWorld } from './suite.js'

/** How one run of a move goes, besides what happens meanwhile. */
export interface MoveRun extends Pick<RunOptions, 'loadId' | 'signal'> {
  readonly verify?: MoveOptions['verify']
  readonly params?: unknown
  /** The records that a step lets through. Default: all. */
  readonly only?: (record: never) => boolean
}

/** What a case works with. */
export interface MoveKit<T, W extends MoveWorld<T>> {
  readonly world: W
  /** Lets records arrive at the source, by their numbers, and gives them. */
  add(...numbers: readonly number[]): Promise<readonly T[]>
  /** The same for those that are too young. */
  addYoung(...numbers: readonly number[]): Promise<readonly T[]>
  /** The ends of one process, guarded. */
  open(life: PartsOfLife, meanwhile?: Meanwhile): Promise<CrashEnds<T>>
  /** One process runs the move. */
  run(meanwhile?: Meanwhile, how?: MoveRun): Promise<RunReport>
  /** Fails unless the places hold exactly these. */
  sees(places: { readonly moved: readonly T[]; readonly left: readonly T[] }, what: string): Promise<void>
  /** Fails where a row is in neither place, or in one of them twice, or was removed that may not be. */
  whole(): Promise<void>
}

/** Rows removed at once: less than the cases move, so that a removal can be half done. */
export const removeRows = 2

/**
 * Makes a case: opens a world, asks at its end whether every row is where it may be, and closes it whatever happened. Of a destination that
 * someone `tampered` with nothing is asked.
 */
export function moveCase<T, W extends MoveWorld<T>>(
  suite: MoveSuite<T, W>,
  name: string,
  body: (kit: MoveKit<T, W>) => Promise<void>,
  { skip, tampered = false }: { readonly skip?: string | false; readonly tampered?: boolean } = {},
): ContractCase {
  const inWorld = async () => {
    const kit = await kitOf(suite)
    try {
      await needsMovable(kit)
      await body(kit)
      if (!tampered) await kit.whole()
    } finally {
      await kit.world.close?.()
    }
  }
  return contractCase(name, inWorld, skip)
}

/** Rules out what `move` itself refuses. */
async function needsMovable<T, W extends MoveWorld<T>>({ world }: MoveKit<T, W>): Promise<void> {
  const { source, sink } = await world.open(onlooker)
  unless(source.removal !== undefined, `records of "${source.name}" cannot be removed there`)
  unless(sink.readBack !== undefined, `what is written to "${sink.name}" cannot be read back`)
  unless(
    sink.capabilities.disposition === 'append',
    `declared: "${sink.name}" puts what is written in the place of what is there`,
  )
  unless(sink.capabilities.cursor === 'outside', `declared: "${sink.name}" keeps the cursor itself`)
}

/** Whatever a caller gives: the cases tell runs apart by it. */
const anything: NonNullable<FlowFacts['schema']> = {
  '~standard': { version: 1, vendor: 'etl-testkit', validate: value => ({ value }) },
}

/** A fresh world of the suite. */
export async function kitOf<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): Promise<MoveKit<T, W>> {
  const world = await suite.open()
  const all: T[] = []
  const wrong: unknown[] = []
  let processes = 0
  const watch = { moved: () => world.moved(), removeRows, wrong: (error: unknown) => void wrong.push(error) }
  const added = async (records: readonly T[]) => {
    all.push(...records)
    await world.add(records)
    return records
  }
  const open = async (life: PartsOfLife, meanwhile?: Meanwhile) => guarded(await world.open(life), watch, meanwhile)
  const steps = suite.steps ?? (flow => flow)

  return {
    world,
    open,
    add: (...numbers) => added(numbers.map(i => suite.record(i))),
    addYoung: (...numbers) => added(numbers.map(i => suite.young?.(i) as T)),
    async run(meanwhile, { verify, params, only, ...options } = {}) {
      const { source, sink, state } = await open(onlooker, meanwhile)
      const flow = steps(from(source))
      const moving = move(only ? flow.filter(only as (record: T) => boolean) : flow, sink, {
        removeRows,
        ...(verify && { verify }),
      })
      // The same process id at another start time: the process before is known to be gone.
      const owner = { host: 'move-test', space: 'move-test', pid: 1, processStart: ++processes }
      return run(definePipeline({ name: 'move-test', params: anything, build: () => moving }), params ?? {}, {
        flushEvery: { batches: 1, intervalMs: 3_600_000 },
        retry: { attempts: 2, firstMs: 1, maxMs: 2 },
        ...options,
        state,
        owner,
      })
    },
    async sees({ moved, left }, what) {
      sameRecords(await world.moved(), moved, `in the destination, ${what}`)
      sameRecords(await world.left(), left, `at the source, ${what}`)
    },
    async whole() {
      if (wrong.length > 0) throw wrong[0]
      const [left, moved] = [await world.left(), await world.moved()]
      sameRecords(left, once(left), 'the rows at the source, each once')
      sameRecords(moved, once(moved), 'the records in the destination, each once')
      sameRecords(once([...left, ...moved]), all, 'what is at the source, in the destination, or in both')
    },
  }
}

/** Each record once. */
function once<T>(records: readonly T[]): T[] {
  return [...new Map(records.map(record => [canonicalJson(toJson(record)), record])).values()]
}
