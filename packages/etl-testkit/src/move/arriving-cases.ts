import assert from 'node:assert/strict'
import type { ContractCase } from '../case.js'
import { onlooker } from '../crash/world.js'
import { moveCase, removeRows } from './case-kit.js'
import { assertEnded } from './ended.js'
import type { MoveSuite, MoveWorld } from './suite.js'

/** Where rows are in the end, and what comes while others are moved. */
export function arrivingCases<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): ContractCase[] {
  return [
    moveCase(suite, 'what is moved is in the destination, and no longer at the source', async ({ add, run, sees }) => {
      const rows = await add(0, 1, 2, 3, 4)
      const removals: number[] = []

      const report = await run({ removing: nth => void removals.push(nth) })

      assertEnded(report, 'succeeded')
      const removed = report.groups.reduce((sum, group) => sum + (group.removed ?? 0), 0)
      assert.equal(removed, rows.length, `the report says that ${removed} rows were removed`)
      assert.ok(removals.length >= rows.length / removeRows, `${rows.length} rows were removed in ${removals.length} calls`)
      await sees({ moved: rows, left: [] }, 'after the move')
    }),
    moveCase(suite, 'a move of nothing writes nothing, its state neither', async ({ world, run, sees }) => {
      assertEnded(await run(), 'unchanged')
      assertEnded(await run(), 'unchanged')

      const { state } = await world.open(onlooker)
      for await (const key of state.list('')) assert.fail(`state has a document "${key}"`)
      await sees({ moved: [], left: [] }, 'though nothing was moved')
    }),
    moveCase(suite, 'what is moved later is added to what was moved before', async ({ add, run, sees }) => {
      const first = await add(0, 1, 2)
      assertEnded(await run(), 'succeeded')
      const second = await add(3, 4)

      assertEnded(await run(), 'succeeded')

      await sees({ moved: [...first, ...second], left: [] }, 'after two moves')
      assertEnded(await run(), 'unchanged')
    }),
    moveCase(suite, 'rows that arrive while others are moved stay, and the next move takes them', async ({ add, run, sees }) => {
      const rows = await add(0, 1, 2)
      const late: T[] = []
      const [whileRead, oncePublished] = [[3, 4], [5]]
      const arrive = async (numbers: number[]) => {
        const i = numbers.shift()
        if (i !== undefined) late.push(...(await add(i)))
      }

      assertEnded(await run({ reading: () => arrive(whileRead), published: () => arrive(oncePublished) }), 'succeeded')

      await sees({ moved: rows, left: late }, 'after the move')
      assertEnded(await run(), 'succeeded')
      await sees({ moved: [...rows, ...late], left: [] }, 'after the next move')
    }),
    moveCase(suite, 'a row that arrives among those that are moved is moved with them, or by the next move', async kit => {
      const { add, run, sees, whole } = kit
      const rows = await add(0, 1, 3, 4)
      const late: T[] = []
      const arrive = async () => {
        if (late.length === 0) late.push(...(await add(2)))
      }

      await run({ reading: arrive })
      await whole()

      const next = await run()
      assert.ok(['succeeded', 'unchanged'].includes(next.status), `the next move ended as ${next.status}: ${next.error?.message}`)
      await sees({ moved: [...rows, ...late], left: [] }, 'after the next move')
    }),
    moveCase(
      suite,
      'rows that grow old enough while others are moved wait for the next move',
      async ({ world, add, addYoung, run, sees }) => {
        const rows = await add(0, 1, 2, 4)
        const young = await addYoung(3, 5)

        const first = await run({
          reading: () => world.age?.(),
          removing(nth) {
            if (nth === 2) throw new Error('the test breaks the removal')
          },
        })
        assertEnded(first, 'failed')
        assertEnded(await run(), 'succeeded')

        await sees({ moved: rows, left: young }, 'after the move')
        assertEnded(await run(), 'succeeded')
        await sees({ moved: [...rows, ...young], left: [] }, 'after the next move')
      },
      { skip: !suite.young && 'the suite was given no `young` records' },
    ),
    moveCase(suite, 'what a step leaves out stays where it is', async ({ add, run, sees }) => {
      const rows = await add(0, 1, 2, 3)
      let seen = 0

      const report = await run({}, { only: () => seen++ % 2 === 0 })

      assertEnded(report, 'succeeded')
      await sees({ moved: [rows[0], rows[2]] as T[], left: [rows[1], rows[3]] as T[] }, 'after the move')
    }),
  ]
}
