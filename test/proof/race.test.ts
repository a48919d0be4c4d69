import { inspectState, isEtlError, type RunReport, run } from '@millrace/etl-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mortal } from './support/mortal.js'
import { type Arena, arenas, leaseMs, raceWorld, rejectsIn } from './support/race-world.js'
import { type Turn, takeTurns } from './support/turns.js'
import { allRows, isGood, type Row, type Shape } from './support/versions.js'

const shape: Shape = { g: { a: 5, b: 4 }, h: { c: 4 } }
const runs = process.env.MILLRACE_TEST_LONG ? 300 : 15

interface Runner {
  /** So many runs, one after the other. */
  readonly runs: number
  readonly full: boolean
  /** Its first run dies before this call; 0: it lives. */
  readonly diesAt: number
}

interface Story {
  readonly runners: readonly Runner[]
  readonly turns: readonly Turn[]
  readonly cuts: readonly number[]
}

const runner = fc.record({
  runs: fc.integer({ min: 1, max: 3 }),
  full: fc.boolean(),
  diesAt: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 5, max: 120 })),
})
const turn = fc.record({
  who: fc.nat(2),
  calls: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 400 })),
  expires: fc.boolean(),
  newer: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
})
const story: fc.Arbitrary<Story> = fc.record({
  runners: fc.array(runner, { minLength: 2, maxLength: 3 }),
  turns: fc.array(turn, { maxLength: 14 }),
  cuts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
})

type End = RunReport | { readonly code: string }

/** Plays a story to its end and says what each run came to. `look` sees the arena between turns. */
async function play(arena: Arena, story: Story, allowFull: boolean, look: () => Promise<void>) {
  const world = raceWorld(arena, shape, read => story.cuts[read % story.cuts.length] as number)
  const turns = takeTurns()
  const finished = new Map<string, number>()
  const ends: End[] = []
  const live = async ({ runs, full, diesAt }: Runner, who: number) => {
    for (let count = 0; count < runs; count++) {
      const life = mortal({ at: count === 0 ? diesAt : 0, when: 'before' }, turns.around(who))
      const { around } = life
      const options = { ...world.options(around, who), full: allowFull && full && count === 0 }
      const end = await run(world.pipeline(around), undefined, options).catch((error: unknown): End => {
        if (life.dead) return { code: 'died' }
        if (isEtlError(error)) return { code: error.code }
        throw error
      })
      ends.push(end)
      if (!('groups' in end)) continue
      for (const { group, status } of end.groups)
        if (status === 'published' && !end.error) {
          const version = Math.max(
            ...end.splits.filter(each => each.group === group).map(each => Number(each.split.split('-v')[1])),
          )
          finished.set(group, Math.max(finished.get(group) ?? 0, version))
        }
    }
  }
  const work = Promise.all(story.runners.map(live))
  await turns.give(story.turns, work, async ({ expires, newer }) => {
    if (expires) world.clock.advance(leaseMs + 1)
    if (newer) world.now.version++
    await look()
  })
  await look()
  return { world, ends, finished, turns }
}

const versionsOf = (rows: readonly Row[]) => [...new Set(rows.map(row => row.version))]
const idsOf = (rows: readonly Row[]) => rows.map(row => row.id)
const good = (version: number, group: string) => idsOf(allRows(shape, version, group).filter(isGood))
const bad = (version: number, group: string) => idsOf(allRows(shape, version, group).filter(row => !isGood(row)))

/** What a reader may see of one group: nothing, or whole versions and nothing twice. */
async function lookAt(arena: Arena, group: string): Promise<number> {
  const rows = await arena.read(group)
  const versions = versionsOf(rows)
  if (arena.disposition === 'replace') {
    expect(versions.length, 'versions seen at once').toBeLessThanOrEqual(1)
    for (const version of versions) expect(idsOf(rows)).toEqual(good(version, group))
  } else expect(new Set(idsOf(rows)).size, 'records seen twice').toBe(rows.length)
  return Math.max(0, ...versions)
}

async function check(arena: Arena, story: Story): Promise<void> {
  const seen = new Map<string, number>()
  const look = async () => {
    for (const group of Object.keys(shape)) {
      const version = await lookAt(arena, group)
      expect(version, `group ${group} went back`).toBeGreaterThanOrEqual(seen.get(group) ?? 0)
      seen.set(group, version)
    }
  }
  const { world, ends, finished, turns } = await play(arena, story, arena.disposition === 'replace', look)
  try {
    for (const end of ends)
      expect(['succeeded', 'unchanged', 'ETL_STATE_CONFLICT', 'died', 'ETL_OBJECT_CONFLICT']).toContain(outcome(end))
    for (const [group, version] of finished) expect(seen.get(group)).toBeGreaterThanOrEqual(version)
    const succeeded = ends.some(end => ['ETL_STATE_CONFLICT', 'died'].includes(outcome(end)))
    await exact(arena, 'before the last run', succeeded)
    world.clock.advance(leaseMs + 1)
    const none = (_: unknown, act: () => Promise<never>) => act()
    const last = () => run(world.pipeline(none as never), undefined, world.options(none as never, 9))
    // The first may only end what was begun with older data.
    for (const report of [await last(), await last()])
      expect(['succeeded', 'unchanged'], report.error?.message).toContain(report.status)
    for (const group of Object.keys(shape)) expect(await lookAt(arena, group)).toBe(world.now.version)
    await exact(arena, 'after the last run', succeeded)
    expect((await last()).status, 'run again with nothing new').toBe('unchanged')
  } catch (error) {
    if (error instanceof Error) error.message += `\n${JSON.stringify(ends.map(outcome))}\n${turns.calls.join('\n')}`
    throw error
  }
}

const outcome = (end: End): string => ('code' in end ? end.code : (end.error?.code ?? end.status))

/**
 * Where nothing is unfinished, rejects and records fit together exactly, and nothing is left of loads. Parts that a run staged after it was
 * succeeded may stay: that is documented.
 */
async function exact(arena: Arena, when: string, succeeded: boolean): Promise<void> {
  if ((await inspectState(arena.state)).load !== null) return
  const rejects = await rejectsIn(arena.state)
  for (const group of Object.keys(shape)) {
    const rows = await arena.read(group)
    const versions = versionsOf(rows)
    expect(idsOf(rows).sort(), `records ${when}`).toEqual(versions.flatMap(version => good(version, group)).sort())
    const found = idsOf(rejects.filter(row => row.group === group)).sort()
    expect(found, `rejects of ${group} ${when}`).toEqual(versions.flatMap(version => bad(version, group)).sort())
  }
  if (!succeeded) expect(await arena.staged(), `staged ${when}`).toEqual([])
  const left: string[] = []
  for await (const key of arena.state.list('loads/')) left.push(key)
  expect(left, `state of loads ${when}`).toEqual([])
}

describe.each(Object.entries(arenas))('runs that race over %s', (_, build) => {
  it('leave what one complete run after the other would have left', async () => {
    await fc.assert(
      fc.asyncProperty(story, told => check(build(), told)),
      { numRuns: runs },
    )
  })
})
