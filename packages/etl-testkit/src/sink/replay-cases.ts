import assert from 'node:assert/strict'
import type { ContractCase } from '../case.js'
import { unless } from '../case.js'
import { failureOf, isExpected } from '../compare.js'
import { sinkCase } from './case-kit.js'
import type { SinkSuite, SinkWorld } from './suite.js'

/** Small, so that a sink with units of counted records is not asked for more of them than it takes. */
const lagBatchRecords = 50

/** What stops, crashes and repetitions leave. */
export function replayCases<T, W extends SinkWorld<T>>(suite: SinkSuite<T, W>): ContractCase[] {
  const within = suite.acknowledgesWithinRecords ?? 10_000
  return [
    sinkCase(suite, 'suspend keeps what was flushed, and the next writer of the split adds to it', async kit => {
      kit.needsFlush()
      const load = kit.load()
      const split = load.split('split-1')
      const first = await load.attempt(split, kit.batches, { upTo: 1, end: 'suspend' })
      const second = await load.attempt(split, kit.batches, { saved: first.saved, upTo: 2, end: 'suspend' })
      const third = await load.attempt(split, kit.batches, { saved: second.saved, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt: third.receipt }] })
      await kit.sees(kit.records(0, 5), 'after two suspensions')
    }),

    sinkCase(suite, 'a flush acknowledges what it made durable, and the next writer goes on behind that', async kit => {
      kit.needsFlush()
      const load = kit.load()
      const split = load.split('split-1')
      const batches = Array.from({ length: Math.ceil(within / lagBatchRecords) }, (_, index) =>
        kit.records(index * lagBatchRecords, (index + 1) * lagBatchRecords),
      )
      const { saved } = await load.attempt(split, batches, { untilSaved: true, end: 'suspend' })
      assert.ok(
        saved !== undefined,
        `it declares durableAt 'flush' and acknowledged nothing: flush gave no checkpoint in ${batches.length} batches of ${lagBatchRecords} ` +
          "records. A sink that keeps nothing before commit declares durableAt 'commit'; one that acknowledges later says so in the suite's " +
          '`acknowledgesWithinRecords`',
      )
      const upTo = saved.batchNo + 2
      const { receipt } = await load.attempt(split, batches, { saved, upTo, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(batches.slice(0, upTo).flat(), 'after a stop behind an acknowledged flush')
    }),

    sinkCase(suite, 'a stop before commit leaves nothing, and the split is written anew', async kit => {
      unless(kit.world.sink.capabilities.durableAt === 'commit', 'declared: what was flushed survives a stop')
      const load = kit.load()
      const split = load.split('split-1')
      await load.attempt(split, kit.batches, { upTo: 2, end: 'suspend' })
      await kit.sees([], 'after a stop')
      const { receipt } = await load.attempt(split, kit.batches, { end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after the split was written anew')
    }),

    sinkCase(suite, 'abort lets go of what was not durable, and the next attempt writes it', async kit => {
      kit.needsSafeReplay()
      const load = kit.load()
      const split = load.split('split-1')
      const first = await load.attempt(split, kit.batches, { upTo: 2, flushAfter: batchNo => batchNo === 1, end: 'abort' })
      const { receipt } = await load.attempt(split, kit.batches, { saved: first.saved, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after an abort and another attempt')
    }),

    sinkCase(suite, 'batches written again after a flush that was not saved leave one copy', async kit => {
      kit.needsSafeReplay()
      kit.needsFlush()
      const load = kit.load()
      const split = load.split('split-1')
      const saved = (await load.attempt(split, kit.batches, { upTo: 1, end: 'vanish' })).saved
      await load.attempt(split, kit.batches, { saved, upTo: 3, end: 'vanish' })
      const { receipt } = await load.attempt(split, kit.batches, { saved, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after a replay')
    }),

    sinkCase(suite, 'a split written again from its start leaves one copy', async kit => {
      kit.needsSafeReplay()
      const load = kit.load()
      const split = load.split('split-1')
      await load.attempt(split, kit.batches, { upTo: 2, end: 'vanish' })
      const { receipt } = await load.attempt(split, kit.batches, { end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after the split was written again')
    }),

    sinkCase(suite, 'commit can be repeated by another writer whose predecessor was not heard', async kit => {
      kit.needsSafeReplay()
      const load = kit.load()
      const split = load.split('split-1')
      const first = await load.attempt(split, kit.batches, { upTo: 2, end: 'vanish' })
      await load.attempt(split, kit.batches, { saved: first.saved, end: 'commit' })
      const { receipt } = await load.attempt(split, kit.batches, { saved: first.saved, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after two commits')
    }),

    sinkCase(suite, 'a split that ends in a stop right before its commit needs nothing but the commit', async kit => {
      kit.needsFlush()
      const load = kit.load()
      const split = load.split('split-1')
      const { saved } = await load.attempt(split, kit.batches, { end: 'suspend' })
      const { receipt } = await load.attempt(split, kit.batches, { saved, end: 'commit' })
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 5), 'after a commit without batches')
    }),

    sinkCase(suite, 'an earlier owner of a split is refused once a later one has opened it', async kit => {
      unless(
        kit.world.sink.capabilities.cursor === 'inTransaction',
        'its cursor is kept outside: the state store refuses earlier owners',
      )
      const load = kit.load()
      const split = load.split('split-1')
      const earlier = await load.open(split)
      const later = await load.open(split)
      const late = (async () => {
        await earlier.write(load.batch(split, kit.records(0, 2), 1))
        await earlier.flush()
        await earlier.commit()
      })()
      isExpected(await failureOf(late, 'the earlier owner'), { codes: ['ETL_STATE_CONFLICT'] }, 'the earlier owner')
      await later.write(load.batch(split, kit.records(0, 2), 1))
      await load.publish({ name: 'group-1', receipts: [{ split, receipt: await later.commit() }] })
      await kit.sees(kit.records(0, 2), 'after both owners')
    }),

    sinkCase(suite, 'a writer says where it stands if, and only if, its cursor is in the transaction', async kit => {
      const load = kit.load()
      const split = load.split('split-1')
      assert.equal((await load.open(split)).resumeFrom, undefined, 'resumeFrom of a split that was not begun')
      const { saved } = await load.attempt(split, kit.batches, { upTo: 2, end: 'suspend' })
      const { resumeFrom } = await load.open(split, saved)
      const { cursor, durableAt } = kit.world.sink.capabilities
      assert.equal(resumeFrom?.batchNo, cursor === 'inTransaction' && durableAt === 'flush' ? saved?.batchNo : undefined)
    }),

    ...(['commit', 'suspend', 'abort'] as const).map(end =>
      sinkCase(suite, `a writer that has ended in ${end} refuses every further batch with ETL_SINK_CLOSED`, async kit => {
        const load = kit.load()
        const split = load.split('split-1')
        const writer = await load.open(split)
        await writer.write(load.batch(split, kit.records(0, 2), 1))
        await (end === 'commit' ? writer.commit() : end === 'suspend' ? writer.suspend() : writer.abort(new Error('over')))
        const late = writer.write(load.batch(split, kit.records(2, 4), 2))
        const what = `a write after ${end}`
        isExpected(await failureOf(late, what, 'throw ETL_SINK_CLOSED'), { codes: ['ETL_SINK_CLOSED'] }, what)
      }),
    ),
  ]
}
