import { describe, expect, it } from 'vitest'
import type { Sink, StateStore } from '../src/index.js'
import { documents, memoryState, movedClock, numbers, parts, runNumbers } from './world.js'

const many = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`group-${from + at}`, [at]]))

/** Runs a load of 100 groups, each of which takes so long to publish; saving the bookmarks takes so long, too. Counts the saves. */
async function savesOf({ publishMs, saveMs }: { readonly publishMs: number; readonly saveMs: number }): Promise<number> {
  const clock = movedClock()
  const kept = memoryState()
  let saves = 0
  const state: StateStore = {
    ...kept,
    save(key, value, expected) {
      if (key === 'bookmarks') {
        saves++
        clock.advance(saveMs)
      }
      return kept.save(key, value, expected)
    },
  }
  const { sink } = parts()
  const slow: Sink<number> = {
    ...sink,
    async publish() {
      clock.advance(publishMs)
      return {}
    },
  }
  const report = await runNumbers(numbers({ splits: many(100) }).source, slow, { state, clock, leaseMs: 3_600_000 })
  expect(report.status).toBe('succeeded')
  expect(Object.keys(((await documents(kept)).bookmarks as { groups: object }).groups)).toHaveLength(100)
  return saves
}

describe('the bookmarks', () => {
  it.each([
    ['each second, where saving is quick', { publishMs: 500, saveMs: 0 }, 50],
    ['so seldom that saving takes a tenth of the time, where it is slow', { publishMs: 1_000, saveMs: 2_000 }, 6],
    ['once, where the load takes no second', { publishMs: 1, saveMs: 0 }, 1],
  ])('are saved %s', async (_, times, saves) => {
    expect(await savesOf(times)).toBe(saves)
  })

  it('keep a group without one until the next load, and a group with one for good', async () => {
    const state = memoryState()
    const groups = async () => Object.keys(((await documents(state)).bookmarks as { groups: object }).groups)
    const load = (splits: Record<string, number[]>, bookmark?: string) =>
      runNumbers(numbers({ splits, ...(bookmark === undefined ? {} : { bookmark }) }).source, parts().sink, { state })

    await load(many(3), 'm')
    await load(many(30, 100))
    expect(await groups()).toHaveLength(33)
    await load(many(2, 200))

    expect(await groups()).toEqual(['group-0', 'group-1', 'group-2', 'group-200', 'group-201'])
  })
})
