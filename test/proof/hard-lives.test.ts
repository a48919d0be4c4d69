import { isEtlError, type RunReport, run } from '@millrace/etl-core'
import type { Around } from '@millrace/etl-testkit/cases'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { easyLife, type HardLife, hardLife, livedBy } from './support/hard-life.js'
import { type Arena, arenas, raceWorld, rejectsIn } from './support/race-world.js'
import { allRows, isGood, type Row, type Shape } from './support/versions.js'

const numRuns = process.env.MILLRACE_TEST_LONG ? 200 : 20

interface Story {
  readonly shape: Shape
  readonly lives: readonly HardLife[]
}

const story: fc.Arbitrary<Story> = fc.record({
  shape: fc.constantFrom<Shape[]>({ g: { a: 5 } }, { g: { a: 5, b: 4 }, h: { c: 4 } }, { g: { a: 2 }, h: { b: 0, c: 7 } }),
  lives: fc.array(hardLife, { minLength: 1, maxLength: 6 }),
})

const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).sort()
const nothing: Around = (_, act) => act()

/** One process after the other over one place, then as many quiet ones as it takes. */
async function tell(arena: Arena, { shape, lives }: Story): Promise<void> {
  let cut = 1
  const world = raceWorld(arena, shape, () => cut)
  const live = async (life: HardLife, turn: number): Promise<RunReport | undefined> => {
    const lived = livedBy(life)
    cut = life.cut
    return run(world.pipeline(lived.life.around), undefined, {
      ...world.options(lived.life.around, 1),
      flushEvery: { batches: life.flushBatches, intervalMs: 1e9 },
      concurrency: life.concurrency,
      signal: lived.signal,
      // The same process id at another start: whoever comes next sees at once that the one before is gone.
      owner: { host: 'one', space: 'one', pid: 1, processStart: turn },
    }).catch(error => {
      // A run may reject where state is away; what it may not is to fail for want of a case.
      if (lived.life.dead || (isEtlError(error) && error.retry === 'later')) return undefined
      throw error
    })
  }
  for (const [turn, life] of lives.entries()) await live(life, turn)
  let last: RunReport | undefined
  for (let turn = 0; turn < 3 && last?.status !== 'succeeded' && last?.status !== 'unchanged'; turn++)
    last = await live(easyLife, 100 + turn)

  expect(['succeeded', 'unchanged'], last?.error?.message).toContain(last?.status)
  for (const group of Object.keys(shape))
    expect(ids(await arena.read(group)), `what a reader sees of ${group}`).toEqual(ids(allRows(shape, 1, group).filter(isGood)))
  expect(ids(await rejectsIn(arena.state))).toEqual(ids(allRows(shape, 1).filter(row => !isGood(row))))
  expect(await arena.staged()).toEqual([])
  const left: string[] = []
  for await (const key of arena.state.list('')) left.push(key.replace(/\/.*/, ''))
  expect(new Set(left)).toEqual(new Set(['bookmarks', 'head', ...(left.includes('rejects') ? ['rejects'] : [])]))
  expect((await run(world.pipeline(nothing), undefined, world.options(nothing, 2))).status).toBe('unchanged')
}

describe.each(Object.entries(arenas))('whatever happens to the processes of a load into %s', (_, build) => {
  it('a reader sees the undisturbed result, every reject is kept once, and nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(story, told => tell(build(), told)),
      { numRuns },
    )
  })
})
