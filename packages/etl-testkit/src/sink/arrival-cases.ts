import assert from 'node:assert/strict'
import type { ContractCase } from '../case.js'
import { sinkCase } from './case-kit.js'
import type { SinkSuite, SinkWorld } from './suite.js'

/** That records arrive: all of them, as they were, in several batches, splits and shapes. */
export function arrivalCases<T, W extends SinkWorld<T>>(suite: SinkSuite<T, W>): ContractCase[] {
  return [
    sinkCase(suite, 'every record of a committed split arrives', async kit => {
      await kit.load().load(kit.batches)
      await kit.sees(kit.records(0, 5), 'after one load')
    }),

    sinkCase(suite, 'every record of a split that was never flushed arrives', async kit => {
      const load = kit.load()
      const split = load.split('split-1')
      const { receipt } = await load.attempt(split, kit.batches, { flushAfter: () => false, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after a load without flushes')
    }),

    sinkCase(suite, 'every record of a long split arrives, flushed now and then', async kit => {
      const load = kit.load()
      const split = load.split('split-1')
      const batches = Array.from({ length: 40 }, (_, index) => kit.records(index * 10, index * 10 + 10))
      const { receipt } = await load.attempt(split, batches, { flushAfter: batchNo => batchNo % 7 === 0, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 400), 'after forty batches')
    }),

    sinkCase(suite, 'an empty batch writes nothing and is acknowledged like any other', async kit => {
      await kit.load().load([[], kit.records(0, 2), [], [], kit.records(2, 3), []])
      await kit.sees(kit.records(0, 3), 'after a load with empty batches')
    }),

    sinkCase(suite, 'a split without any batch is committed and published', async kit => {
      await kit.load().load([])
      await kit.sees([], 'after an empty load')
    }),

    sinkCase(suite, 'two splits of one group, written at the same time, both arrive', async kit => {
      const load = kit.load()
      const splits = [load.split('split-1'), load.split('split-2')] as const
      const writers = [await load.open(splits[0]), await load.open(splits[1])] as const
      for (const batchNo of [1, 2, 3])
        for (const which of [0, 1] as const) {
          const from = which * 6 + (batchNo - 1) * 2
          await writers[which].write(load.batch(splits[which], kit.records(from, from + 2), batchNo))
          await writers[which].flush()
        }
      // Committed the other way round: a group's order is that of the plan.
      const second = await writers[1].commit()
      const first = await writers[0].commit()
      await load.publish({
        name: 'group-1',
        receipts: [
          { split: splits[0], receipt: first },
          { split: splits[1], receipt: second },
        ],
      })
      await kit.sees(kit.records(0, 12), 'after two splits')
    }),

    sinkCase(
      suite,
      'a refused record is named by its row, and the rest of its batch is written',
      async kit => {
        const load = kit.load()
        const split = load.split('split-1')
        const writer = await load.open(split)
        const batch = [suite.record(0), suite.refused?.(1) as T, suite.record(2), suite.refused?.(3) as T]
        const { rejected = [] } = await writer.write(load.batch(split, batch, 1))
        assert.deepEqual(
          rejected.map(({ row, error }) => [row, error.code.startsWith('ETL_RECORD_')]),
          [
            [1, true],
            [3, true],
          ],
          'write must name rows 1 and 3, each with a RecordError',
        )
        await load.publish({ name: 'group-1', receipts: [{ split, receipt: await writer.commit() }] })
        await kit.sees([suite.record(0), suite.record(2)], 'after a batch with refused records')
      },
      !suite.refused && 'the suite was given no `refused` record',
    ),

    sinkCase(
      suite,
      'awkward values come back as they were',
      async kit => {
        await kit.load().load([suite.awkward ?? []])
        await kit.sees(suite.awkward ?? [], 'after awkward values')
      },
      !suite.awkward && 'the suite was given no `awkward` records',
    ),
  ]
}
