import { type ContractCase, contractCase, ruledOut, unless } from '../case.js'
import { sameRecords } from '../compare.js'
import { type Batches, type DrivenLoad, drivenLoad, prepared } from './drive.js'
import type { SinkSuite, SinkWorld } from './suite.js'

/** What a case works with. */
export interface SinkKit<T, W extends SinkWorld<T>> {
  readonly world: W
  readonly suite: SinkSuite<T, W>
  /** The nth load over this world. */
  load(number?: number): DrivenLoad<T>
  /** Five records in three batches. */
  readonly batches: Batches<T>
  /** Records `from` up to, not including, `to`. */
  records(from: number, to: number): T[]
  /** Fails unless a reader sees exactly these. */
  sees(expected: readonly T[], what: string): Promise<void>
  /** Rules the case out for sinks without a `publish`. */
  needsPublish(): void
  /** Rules the case out for sinks that keep nothing before commit. */
  needsFlush(): void
  /** Rules the case out for sinks where a batch written again is there twice. */
  needsSafeReplay(): void
}

/** Makes a case: opens a world, prepares its sink, closes it whatever happened. */
export function sinkCase<T, W extends SinkWorld<T>>(
  suite: SinkSuite<T, W>,
  name: string,
  body: (kit: SinkKit<T, W>) => Promise<void>,
  skip?: string | false,
): ContractCase {
  return contractCase(
    name,
    async () => {
      const world = await suite.open()
      const loads: DrivenLoad<T>[] = []
      try {
        prepared(world.sink, suite)
        await body(kitOf(world, suite, loads))
      } finally {
        for (const load of loads) await load.leave()
        await world.close?.()
      }
    },
    skip,
  )
}

function kitOf<T, W extends SinkWorld<T>>(world: W, suite: SinkSuite<T, W>, loads: DrivenLoad<T>[]): SinkKit<T, W> {
  const { capabilities, publish } = world.sink
  const records = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => suite.record(from + index))
  return {
    world,
    suite,
    load(number) {
      const load = drivenLoad(world, suite, number)
      loads.push(load)
      return load
    },
    records,
    batches: [records(0, 2), records(2, 4), records(4, 5)],
    sees: async (expected, what) => sameRecords(await world.readBack(), expected, what, suite.ordered),
    needsPublish: () => unless(publish !== undefined, 'it has no publish: records are visible as soon as they are durable'),
    needsFlush: () => unless(capabilities.durableAt === 'flush', 'declared: nothing is durable before commit'),
    needsSafeReplay() {
      if (capabilities.replay === 'duplicates' && capabilities.cursor === 'outside')
        ruledOut('declared: a batch written again is there twice')
    },
  }
}
