import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { played, recordsOf, type Scenario, type Way } from './support/platform.js'

const long = process.env.MILLRACE_TEST_LONG !== undefined
const ways: readonly Way[] = ['itself', 'queue', 'redelivery', 'loop']

/** Numbers from 0 to 1 that look random, and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const share = fc.oneof(fc.constantFrom(0, 0.01), fc.double({ min: 0, max: 1, noNaN: true }))
/** How slow calls are, beside one another. */
const shares = fc.record({ plan: share, next: share, open: share, write: share, flush: share, commit: share, publish: share })

const drawn = fc.record({
  way: fc.constantFrom(...ways),
  budgetMs: fc.double({ min: 8, max: 13.7, noNaN: true }).map(log => Math.round(Math.exp(log))),
  /** What of an invocation's time its largest part takes: the smaller, the more parts there are in one. */
  fills: fc.double({ min: 0.05, max: 1, noNaN: true }),
  splits: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 5 }),
  splitsPerGroup: fc.integer({ min: 1, max: 3 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  sink: fc.constantFrom('append' as const, 'replace' as const, 'merge' as const, 'inTransaction' as const),
  seed: fc.integer(),
  shares,
  /** Of a call of state, as a share of an invocation's time; at most 150 ms. */
  stateShare: fc.double({ min: 0, max: 0.01, noNaN: true }),
  handOnMs: fc.integer({ min: 0, max: 330 }),
  handOnFails: fc.constantFrom(0, 0, 0.2),
  again: fc.array(fc.double({ min: 0, max: 6, noNaN: true }), { maxLength: 2 }),
})
type Drawn = typeof drawn extends fc.Arbitrary<infer D> ? D : never

/** A load of which any single part fits into an invocation, however unlucky: each call takes half to one and a half times what it usually does. */
function scenarioOf(of: Drawn): Scenario {
  const random = numbers(of.seed)
  const varied = (ms: number) => ms * (0.5 + random())
  const { plan, open, next, write, flush, commit, publish } = of.shares
  const parts = [plan, open + next + write + flush, open + next + commit, publish]
  // The rest: what is kept free before the deadline, and taking the load up.
  const stateMs = Math.min(150, of.stateShare * of.budgetMs)
  const partMs = (of.fills * (of.budgetMs - Math.max(1_000, 700 + 24 * stateMs) - 20 * stateMs)) / 1.5
  const unitMs = partMs / Math.max(0.001, ...parts)
  return {
    ...of,
    durationOf: ({ name, on }) => varied(on === 'state' ? stateMs : unitMs * (of.shares[name as keyof Drawn['shares']] ?? 0)),
    handOnMs: () => varied(of.handOnMs),
    handOnFails: () => random() < of.handOnFails,
    againAfterMs: of.again.map(share => share * of.budgetMs),
  }
}

describe('in any schedule whose parts fit', () => {
  test('each record is loaded once, and no invocation is cut off', { timeout: 3_600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async of => {
        const scenario = scenarioOf(of)
        const { records, cut, errors, after } = await played(scenario)

        expect([...records].sort()).toEqual(recordsOf(scenario).sort())
        expect(cut).toBe(0)
        expect(errors).not.toContain('ETL_NO_PROGRESS')
        // `succeeded` where the last invocation had no time left to clean up: the next one does only that.
        expect(after).toMatchObject(
          of.way === 'queue' || of.way === 'redelivery'
            ? { batchItemFailures: [] }
            : { status: expect.stringMatching(/^(unchanged|succeeded)$/), left: 0 },
        )
      }),
      { numRuns: long ? 10_000 : 80, seed: 1 },
    )
  })
})

test('whatever goes wrong on the way, each record is loaded once', { timeout: 3_600_000 }, async () => {
  const harm = fc.record({
    killed: fc.double({ min: 0, max: 0.4, noNaN: true }),
    slow: fc.double({ min: 0, max: 0.03, noNaN: true }),
    handOnFails: fc.double({ min: 0, max: 0.5, noNaN: true }),
  })
  await fc.assert(
    fc.asyncProperty(drawn, harm, async (of, { killed, slow, handOnFails }) => {
      const scenario = scenarioOf(of)
      const random = numbers(of.seed + 1)
      // It gets better after a while, or no load would ever end.
      let calls = 0
      let over = false
      const bad = () => calls < 400 && !over
      const { records, after } = await played({
        ...scenario,
        whenDone: () => {
          over = true
        },
        durationOf(call) {
          calls++
          return scenario.durationOf(call) + (bad() && random() < slow ? of.budgetMs * 2 * random() : 0)
        },
        handOnFails: () => bad() && random() < handOnFails,
        // Hosts differ; what is left of the time does not depend on it.
        skewMs: () => (random() - 0.5) * 60_000,
        killedAfterMs: () => (bad() && random() < killed ? of.budgetMs * random() : undefined),
      })

      expect([...records].sort()).toEqual(recordsOf(scenario).sort())
      expect(after).not.toBe('failed')
    }),
    { numRuns: long ? 2_000 : 40, seed: 1 },
  )
})

const plain: Scenario = {
  ...{ way: 'itself', budgetMs: 10_000, splits: [40], splitsPerGroup: 1, concurrency: 1, sink: 'append' },
  durationOf: ({ on, name }) => (name === 'next' ? 1_000 : on === 'state' ? 10 : 50),
  handOnMs: () => 100,
}

describe('a load of a hundred times the time an invocation has', () => {
  test.each(ways)('is done in the end, by way of %s', async way => {
    const scenario = { ...plain, way, splits: [400, 300, 300], concurrency: 1 }

    const { records, invocations, cut, errors } = await played(scenario)

    expect(records).toEqual(recordsOf(scenario))
    expect(invocations).toBeGreaterThan(100)
    expect({ cut, errors }).toEqual({ cut: 0, errors: [] })
  })

  test('of which publishing takes most is done in the end, a few groups in each invocation', async () => {
    const scenario: Scenario = {
      ...plain,
      ...{ splits: Array.from({ length: 60 }, () => 1), sink: 'replace', concurrency: 4 },
      durationOf: ({ on, name }) => (name === 'publish' ? 3_000 : on === 'state' ? 10 : 20),
    }

    const { records, invocations, cut, errors } = await played(scenario)

    expect(records).toEqual(recordsOf(scenario))
    expect(invocations).toBeGreaterThanOrEqual(30)
    expect({ cut, errors }).toEqual({ cut: 0, errors: [] })
  })

  test('with thousands of groups is done in the end, though each is quick', async () => {
    const scenario: Scenario = {
      ...plain,
      ...{ splits: Array.from({ length: 400 }, () => 1), sink: 'replace', concurrency: 4 },
      durationOf: ({ on, name }) => (name === 'publish' ? 150 : on === 'state' ? 10 : 20),
    }

    const { records, cut, errors } = await played(scenario)

    expect(records).toHaveLength(400)
    expect({ cut, errors }).toEqual({ cut: 0, errors: [] })
  })
})

describe('the shortest time that lets a part finish', () => {
  /** What is slow, and how the guard calls it. */
  const slow: readonly (readonly [string, Partial<Scenario>, RegExp])[] = [
    ['reading', { durationOf: ({ name }) => (name === 'next' ? 2_000 : 10) }, /split "split-0"/],
    ['writing', { durationOf: ({ name }) => (name === 'write' ? 2_000 : 10) }, /split "split-0"/],
    [
      'flushing',
      { durationOf: ({ name }) => (name === 'flush' ? 2_000 : name === 'next' ? 100 : 10), splits: [60] },
      /split "split-0"/,
    ],
    ['committing', { durationOf: ({ name }) => (name === 'commit' ? 2_000 : 10) }, /split "split-0"/],
    ['publishing', { durationOf: ({ name }) => (name === 'publish' ? 2_000 : 10) }, /publishing "group-0"/],
    ['planning', { durationOf: ({ name }) => (name === 'plan' ? 2_000 : 10) }, /: planning needs more time/],
  ]

  test.each(slow)('is enough for any number of them: %s', async (_, over, named) => {
    const outcomes: string[] = []
    for (let budgetMs = 600; budgetMs <= 6_000; budgetMs += 300) {
      const scenario: Scenario = { ...plain, splits: [3, 2], ...over, budgetMs }
      const { records, cut, messages } = await played(scenario)
      expect(cut, `${budgetMs} ms`).toBe(0)
      const given = messages.filter(message => /came no further/.test(message))
      if (given.length > 0) expect(given[0], `${budgetMs} ms`).toMatch(budgetMs < 1_100 ? /planning/ : named)
      else expect(records).toEqual(recordsOf(scenario))
      outcomes.push(given.length > 0 ? 'too short' : 'enough')
    }

    // Once it is enough, it is with more time, too.
    expect(outcomes.join()).toMatch(/^(too short,)+(enough,?)+$/)
    // 2 s, a second before the deadline, and what taking the load up needs.
    expect(outcomes.indexOf('enough')).toBeLessThanOrEqual((3_600 - 600) / 300)
  })
})
