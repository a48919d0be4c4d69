import assert from 'node:assert/strict'
import type { ContractCase } from '../case.js'
import { failureOf, isExpected } from '../compare.js'
import { moveCase } from './case-kit.js'
import { assertEnded } from './ended.js'
import type { Meanwhile } from './guarded.js'
import type { MoveSuite, MoveWorld } from './suite.js'

/** A move that was not finished, and the next run. */
export function unfinishedCases<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): ContractCase[] {
  return [
    moveCase(suite, 'a removal that fails half-way, however often, is finished, and what came since stays', async kit => {
      const { add, run, sees, whole } = kit
      const rows = await add(0, 1, 2, 3, 4)

      const first = await run(breaking(2))
      assertEnded(first, 'failed')
      const since = await add(5, 6)
      for (let times = 0; times < 2; times++) {
        assertEnded(await run(breaking(1)), 'failed')
        await whole()
      }
      const last = await run()

      assertEnded(last, 'succeeded')
      assert.equal(last.loadId, first.loadId, 'the move that was half done was not finished, but another begun')
      await sees({ moved: rows, left: since }, 'once the removal went through')
      assertEnded(await run(), 'succeeded')
      await sees({ moved: [...rows, ...since], left: [] }, 'after the next move')
    }),
    moveCase(suite, 'a move that is told to stop between two removals says so, and the next run goes on', async kit => {
      const rows = await kit.add(0, 1, 2, 3, 4)
      const stop = new AbortController()
      const stopping: Meanwhile = { removing: nth => (nth === 2 ? stop.abort(new Error('the test stops the run')) : undefined) }

      const stopped = await kit.run(stopping, { signal: stop.signal })
      await kit.whole()

      assertEnded(stopped, 'stopped')
      assertEnded(await kit.run(), 'succeeded')
      await kit.sees({ moved: rows, left: [] }, 'after the next run')
    }),
    moveCase(suite, 'a run of another trigger finishes the move of the first, and then moves what is new', async kit => {
      const rows = await kit.add(0, 1, 2, 3)
      assertEnded(await kit.run(breaking(2), { loadId: 'first' }), 'failed')
      const since = await kit.add(4, 5)

      assertEnded(await kit.run({}, { loadId: 'second' }), 'succeeded')

      await kit.sees({ moved: [...rows, ...since], left: [] }, 'after the second trigger')
    }),
    moveCase(suite, 'with other parameters nothing begins before a move is finished: ETL_MOVE_UNFINISHED', async kit => {
      const { world, add, run, sees } = kit
      const rows = await add(0, 1, 2, 3)
      assertEnded(await run(breaking(2), { params: { day: 1 } }), 'failed')
      const since = await add(4, 5)
      const places = { moved: await world.moved(), left: await world.left() }

      const refused = await failureOf(run({}, { params: { day: 2 } }), 'a run with other parameters', 'be refused')

      isExpected(refused, { codes: ['ETL_MOVE_UNFINISHED'], retry: ['never'] }, 'a run with other parameters')
      await sees(places, 'after the run that was refused')
      assertEnded(await run({}, { params: { day: 1 } }), 'succeeded')
      await sees({ moved: rows, left: since }, 'once the move was finished')
      assertEnded(await run({}, { params: { day: 2 } }), 'succeeded')
      await sees({ moved: [...rows, ...since], left: [] }, 'after the move with other parameters')
    }),
  ]
}

/** The nth removal fails. */
const breaking = (at: number): Meanwhile => ({
  removing(nth) {
    if (nth === at) throw new Error('the test breaks the removal')
  },
})
