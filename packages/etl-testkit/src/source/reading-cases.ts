import assert from 'node:assert/strict'
import { canonicalJson, groupOf } from '@millrace/etl-core'
import { ruledOut, unless } from '../case.js'
import { pause, sameRecords, settlesWithin, within } from '../compare.js'
import { throughJson } from '../contexts.js'
import { contextOf, planOf, readAll, readingOf, readSplit, recordsIn } from './drive.js'
import type { SourceSuite, SourceWorld } from './suite.js'

/** A case before it is bound to a world. */
export interface SourceCase<T, W extends SourceWorld<T>> {
  readonly name: string
  readonly skip?: string | false
  body(world: W, suite: SourceSuite<T, W>): Promise<void>
}

const endsWithinMs = 2_000

/** Planning and reading: everything, once, only when asked for, and again from any place. */
export function readingCases<T, W extends SourceWorld<T>>(suite: SourceSuite<T, W>): SourceCase<T, W>[] {
  const ordered = suite.ordered ?? true
  return [
    {
      name: 'splits are JSON, named apart, and the same at every plan',
      async body(world) {
        const { splits } = await world.source.plan(contextOf(world))
        assert.deepEqual(throughJson(splits), splits, 'splits must survive JSON')
        for (const { id } of splits) assert.match(id, /^[A-Za-z0-9._-]{1,120}$/, 'a split id')
        assert.equal(new Set(splits.map(split => split.id)).size, splits.length, 'two splits have one id')
        assert.deepEqual((await planOf(world)).splits, throughJson(splits), 'a second plan gave other splits')
        const labels = new Map<string, string>()
        for (const split of splits) {
          const text = canonicalJson(split.labels ?? {})
          assert.equal(labels.get(groupOf(split)) ?? text, text, `the splits of group "${groupOf(split)}" have different labels`)
          labels.set(groupOf(split), text)
        }
      },
    },
    {
      name: 'bookmarks and skipped groups are JSON, and bookmarks name groups of the plan',
      async body(world) {
        const { bookmarks = {}, skipped = [], splits } = await world.source.plan(contextOf(world))
        assert.deepEqual(throughJson({ bookmarks, skipped }), { bookmarks, skipped })
        const groups = new Set([...splits.map(groupOf), ...skipped.map(each => each.group)])
        assert.deepEqual(
          Object.keys(bookmarks).filter(group => !groups.has(group)),
          [],
          'bookmarks of groups that are not in the plan',
        )
      },
    },
    {
      name: 'all splits together give every record once',
      skip: !suite.expected && 'the suite was given no `expected` records',
      async body(world) {
        const { expected = [] } = suite
        const all = recordsIn(await readAll(world, await planOf(world)))
        sameRecords(all, typeof expected === 'function' ? await expected(world) : expected, 'all splits read', ordered)
      },
    },
    {
      name: 'cursors are JSON, and no two batches of a split have the same',
      async body(world) {
        for (const split of (await planOf(world)).splits) {
          const reading = readingOf(world, split)
          const cursors: string[] = []
          for (let item = await reading.next(); !item.done; item = await reading.next()) {
            assert.deepEqual(throughJson(item.value.cursor), item.value.cursor, 'a cursor must survive JSON')
            cursors.push(canonicalJson(item.value.cursor))
          }
          assert.equal(new Set(cursors).size, cursors.length, `split ${split.id} has a cursor twice: ${cursors.join(' ')}`)
        }
      },
    },
    {
      name: 'reading a split again gives the same records in the same order',
      async body(world) {
        unless(world.source.capabilities.rereads === 'same', 'declared: rereads may differ')
        for (const split of (await planOf(world)).splits)
          sameRecords(recordsIn(await readSplit(world, split)), recordsIn(await readSplit(world, split)), 'a second read', true)
      },
    },
    {
      name: 'going on from any cursor leaves no gap and repeats nothing',
      async body(world) {
        unless(world.source.capabilities.resumable, 'declared: it cannot continue in the middle of a split')
        const same = world.source.capabilities.rereads === 'same'
        for (const split of (await planOf(world)).splits) {
          const batches = await readSplit(world, split)
          for (const [index, { cursor }] of batches.entries()) {
            const rest = recordsIn(await readSplit(world, split, cursor))
            sameRecords(rest, recordsIn(batches.slice(index + 1)), `split ${split.id} after batch ${index + 1}`, same)
          }
        }
      },
    },
    {
      name: 'batches read again end where they ended before',
      async body(world) {
        const { resumable, rereads } = world.source.capabilities
        unless(rereads === 'same', 'declared: rereads may differ')
        for (const split of (await planOf(world)).splits) {
          const batches = (await readSplit(world, split)).map(batch => batch.cursor)
          assert.deepEqual(
            (await readSplit(world, split)).map(batch => batch.cursor),
            batches,
            'a second read was cut elsewhere',
          )
          if (!resumable) continue
          for (const [index, cursor] of batches.entries()) {
            const rest = (await readSplit(world, split, cursor)).map(batch => batch.cursor)
            assert.deepEqual(rest, batches.slice(index + 1), `read on from batch ${index + 1}, it was cut elsewhere`)
          }
        }
      },
    },
    {
      name: 'nothing is fetched before it is asked for',
      async body(world) {
        if (!world.requests) ruledOut('the world does not count requests')
        const { splits } = await planOf(world)
        // A plan in between takes as many round trips as the one before: by then a request that was made at once has come.
        const asked = async () => {
          const before = world.requests?.() ?? 0
          await pause(20)
          await planOf(world)
          return (world.requests?.() ?? 0) - before
        }
        const planning = await asked()
        const readings = splits.map(split => readingOf(world, split))
        assert.equal(await asked(), planning, 'requests were made before the first batch was asked for')
        for (const reading of readings) await reading.return?.()
      },
    },
    {
      name: 'leaving early closes what was open',
      async body(world) {
        const [split] = (await planOf(world)).splits
        if (!split) ruledOut('it planned no split')
        const before = world.open?.() ?? 0
        for (let count = 0; count < 3; count++) {
          const reading = readingOf(world, split)
          await reading.next()
          const left = reading.return?.() ?? Promise.resolve()
          assert.ok(await settlesWithin(left, endsWithinMs), 'leaving the loop does not return')
        }
        if (!world.open) ruledOut('leaving returns; whether all is closed is not known: the world does not count what is open')
        const closed = await within(endsWithinMs, () => (world.open?.() ?? 0) <= before)
        assert.ok(closed, `${world.open()} are open, and ${before} were before`)
      },
    },
    {
      name: 'after the signal no new request starts, and reading ends',
      async body(world) {
        const [split] = (await planOf(world)).splits
        if (!split) ruledOut('it planned no split')
        const stop = new AbortController()
        const reading = readingOf(world, split, undefined, stop.signal)
        await reading.next()
        stop.abort(new Error('the test stops the run'))
        const before = world.requests?.() ?? 0
        // What was read ahead may still be handed over.
        const rest = (async () => {
          for (let batches = 0; batches < 3; batches++) if ((await reading.next()).done) return
        })()
        assert.ok(await settlesWithin(rest, endsWithinMs), `reading goes on ${endsWithinMs} ms after the signal`)
        assert.equal(world.requests?.() ?? 0, before, 'requests were made after the signal')
        await settlesWithin(
          Promise.resolve(reading.return?.()).catch(() => undefined),
          endsWithinMs,
        )
      },
    },
    {
      name: 'with the bookmarks of a finished load nothing is read again',
      async body(world, { overlaps }) {
        if (overlaps) ruledOut('the suite says that loads overlap')
        const { bookmarks = {} } = await planOf(world)
        if (Object.keys(bookmarks).length === 0) ruledOut('it has no bookmarks')
        const next = await planOf(world, { bookmarks: new Map(Object.entries(bookmarks)) })
        sameRecords(recordsIn(await readAll(world, next)), [], 'a second load of unchanged data')
      },
    },
  ]
}
