import assert from 'node:assert/strict'
import type { ContractCase } from '../case.js'
import { ruledOut, unless } from '../case.js'
import { sinkCase } from './case-kit.js'
import type { SinkSuite, SinkWorld } from './suite.js'

/** What readers see when: before and after publishing, after a second load, after a load was given up. */
export function publishCases<T, W extends SinkWorld<T>>(suite: SinkSuite<T, W>): ContractCase[] {
  return [
    sinkCase(suite, 'the declared capabilities can be true together', async kit => {
      const { capabilities, publish } = kit.world.sink
      assert.ok(capabilities.disposition !== 'replace' || publish, 'a sink that replaces a group needs publish to do it in')
    }),

    sinkCase(suite, 'nothing of a load is visible before it is published', async kit => {
      kit.needsPublish()
      const load = kit.load()
      const split = load.split('split-1')
      const writer = await load.open(split)
      await writer.write(load.batch(split, kit.records(0, 2), 1))
      await kit.sees([], 'after a write')
      await writer.flush()
      await kit.sees([], 'after a flush')
      const receipt = await writer.commit()
      await kit.sees([], 'after the commit')
      await load.publish({ name: 'group-1', receipts: [{ split, receipt }] })
      await kit.sees(kit.records(0, 2), 'after publish')
    }),

    sinkCase(suite, 'until a second load is published, the first is visible unchanged', async kit => {
      kit.needsPublish()
      await kit.load(1).load(kit.batches)
      const second = kit.load(2)
      const split = second.split('split-of-group-1')
      await second.attempt(split, [kit.records(5, 8)], { end: 'commit' })
      await kit.sees(kit.records(0, 5), 'before the second load is published')
    }),

    sinkCase(suite, 'publish can be repeated', async kit => {
      kit.needsPublish()
      const load = kit.load()
      const split = load.split('split-1')
      const { receipt } = await load.attempt(split, kit.batches, { end: 'commit' })
      const group = { name: 'group-1', receipts: [{ split, receipt }] }
      await load.publish(group)
      await load.publish(group)
      await load.publish(group)
      await kit.sees(kit.records(0, 5), 'after publishing three times')
    }),

    sinkCase(suite, 'a group becomes visible without the others of its load', async kit => {
      kit.needsPublish()
      const load = kit.load()
      const [one, other] = [load.split('split-1', 'group-1'), load.split('split-2', 'group-2')]
      const first = await load.attempt(one, [kit.records(0, 2)], { end: 'commit' })
      const second = await load.attempt(other, [kit.records(2, 4)], { end: 'commit' })
      await load.publish({ name: 'group-2', receipts: [{ split: other, receipt: second.receipt }] })
      await kit.sees(kit.records(2, 4), 'after the second group was published')
      await load.publish({ name: 'group-1', receipts: [{ split: one, receipt: first.receipt }] })
      assert.equal((await kit.world.readBack()).length, 4)
    }),

    sinkCase(suite, 'a second load does to the first what the disposition says', async kit => {
      await kit.load(1).load([kit.records(0, 3)])
      await kit.load(2).load([kit.records(2, 5)])
      const expected = {
        append: [...kit.records(0, 3), ...kit.records(2, 5)],
        merge: kit.records(0, 5),
        replace: kit.records(2, 5),
      }
      await kit.sees(expected[kit.world.sink.capabilities.disposition], 'after two loads')
    }),

    sinkCase(
      suite,
      'a record of a second load with a known key takes the place of the first',
      async kit => {
        unless(kit.world.sink.capabilities.disposition === 'merge', `declared: it does not merge`)
        const changed = suite.changed as (i: number) => T
        await kit.load(1).load(kit.batches)
        await kit.load(2).load([[changed(1), suite.record(7)], [changed(3)]])
        await kit.sees(
          [0, 1, 2, 3, 4, 7].map(i => (i === 1 || i === 3 ? changed(i) : suite.record(i))),
          'after the second load',
        )
      },
      !suite.changed && 'the suite was given no `changed` record (needed for merge only)',
    ),

    sinkCase(suite, 'a replaced group leaves the other groups alone', async kit => {
      unless(kit.world.sink.capabilities.disposition === 'replace', 'declared: it does not replace')
      await kit.load(1).load([kit.records(0, 2)], 'group-1')
      await kit.load(1).load([kit.records(2, 4)], 'group-2')
      await kit.load(2).load([kit.records(4, 6)], 'group-1')
      assert.equal((await kit.world.readBack()).length, 4)
      await kit.load(3).load([], 'group-2')
      await kit.sees(kit.records(4, 6), 'after the second group was replaced by nothing')
    }),

    sinkCase(suite, 'a load that is given up leaves what was visible, and the next load arrives', async kit => {
      const { discard } = kit.world.sink
      if (!discard) ruledOut('it has no discard: nothing of a load lies anywhere but where it is visible')
      kit.needsPublish()
      await kit.load(1).load(kit.batches)
      const second = kit.load(2)
      await second.attempt(second.split('split-of-group-1'), [kit.records(5, 8)], { end: 'commit' })
      for (let count = 0; count < 2; count++) await discard.call(kit.world.sink, second.loadId, second.context())
      await kit.sees(kit.records(0, 5), 'after the second load was given up')
      await kit.load(3).load([kit.records(8, 9)])
      const replaces = kit.world.sink.capabilities.disposition === 'replace'
      await kit.sees([...(replaces ? [] : kit.records(0, 5)), ...kit.records(8, 9)], 'after the third load')
    }),

    sinkCase(suite, 'cleaning up after a published load leaves it visible', async kit => {
      const { discard } = kit.world.sink
      if (!discard) ruledOut('it has no discard')
      const load = kit.load()
      await load.load(kit.batches)
      for (let count = 0; count < 2; count++) await discard.call(kit.world.sink, load.loadId, load.context())
      await kit.sees(kit.records(0, 5), 'after cleaning up')
    }),

    sinkCase(suite, 'a group that is published again after cleaning up stays as it is', async kit => {
      kit.needsPublish()
      const { discard } = kit.world.sink
      if (!discard) ruledOut('it has no discard')
      const load = kit.load()
      const split = load.split('split-1')
      const { receipt } = await load.attempt(split, kit.batches, { end: 'commit' })
      const group = { name: 'group-1', receipts: [{ split, receipt }] }
      await load.publish(group)
      await discard.call(kit.world.sink, load.loadId, load.context())
      await load.publish(group).catch(() => undefined)
      await kit.sees(kit.records(0, 5), 'after a late owner published again')
    }),

    sinkCase(suite, 'a load that publishes late does not put its data over that of a newer one', async kit => {
      const { survey, capabilities } = kit.world.sink
      if (!survey || capabilities.disposition !== 'replace') ruledOut('it does not survey what it replaces')
      const late = kit.load(1)
      const split = late.split('split-of-group-1')
      const { receipt } = await late.attempt(split, [kit.records(0, 2)], { end: 'commit' })
      await kit.load(2).load([kit.records(2, 4)])
      await late.publish({ name: 'group-1', receipts: [{ split, receipt }] }).catch(() => undefined)
      await kit.sees(kit.records(2, 4), 'after the older load was published late')
    }),

    sinkCase(suite, 'what was published is known to be there still', async kit => {
      const { stillPublished } = kit.world.sink
      if (!stillPublished) ruledOut('it has no stillPublished')
      const load = kit.load()
      await load.load(kit.batches)
      assert.equal(await stillPublished.call(kit.world.sink, 'group-1', load.context()), true)
    }),

    sinkCase(
      suite,
      'what was published and is gone is known to be gone',
      async kit => {
        const { stillPublished } = kit.world.sink
        if (!stillPublished) ruledOut('it has no stillPublished')
        const load = kit.load()
        await load.load(kit.batches)
        await suite.lose?.(kit.world)
        assert.equal(await stillPublished.call(kit.world.sink, 'group-1', load.context()), false)
      },
      !suite.lose && 'the suite was not told how to `lose` what was published',
    ),

    sinkCase(suite, 'state that the sink keeps with the data is not taken for data', async kit => {
      const { home } = kit.world.sink
      if (!home) ruledOut('it keeps no state')
      await kit.load().load(kit.batches)
      const state = home.state('test')
      await state.save('contract/probe', { kept: true }, 'absent')
      assert.deepEqual((await home.state('test').load('contract/probe'))?.value, { kept: true })
      await kit.sees(kit.records(0, 5), 'beside state')
    }),
  ]
}
