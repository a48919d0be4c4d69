import assert from 'node:assert/strict'
import { type ContractCase, contractCase } from './case.js'
import { type ExpectedError, failureOf, isExpected } from './compare.js'
import { planOf, readAll, recordsIn } from './source/drive.js'
import { readingCases, type SourceCase } from './source/reading-cases.js'
import type { SourceSuite, SourceWorld } from './source/suite.js'

/** The faults that every source names alike. A client that retries by itself may say `exhausted`. */
const known: Readonly<Record<string, ExpectedError>> = {
  throttled: { codes: ['ETL_SOURCE_RATE_LIMITED'], retry: ['later', 'exhausted'] },
  unavailable: { codes: ['ETL_SOURCE_UNAVAILABLE'], retry: ['later', 'exhausted'] },
  denied: { codes: ['ETL_SOURCE_DENIED'], retry: ['never'] },
  missing: { codes: ['ETL_SOURCE_NOT_FOUND', 'ETL_OBJECT_NOT_FOUND'], retry: ['never'] },
  malformed: { codes: ['ETL_SOURCE_MALFORMED'], retry: ['never'] },
}

/** The contract of a source, case by case. Plan and read are called by hand, with what state would give back. */
export function sourceCases<T, W extends SourceWorld<T>>(suite: SourceSuite<T, W>): ContractCase[] {
  const cases: SourceCase<T, W>[] = [...readingCases(suite), ...faultCases(suite)]
  const bound = cases.map(({ name, skip, body }) =>
    contractCase(name, async () => inWorld(await suite.open(), world => body(world, suite)), skip),
  )
  const empty = contractCase(
    'a source with nothing to give ends well, without records',
    async () => {
      const world = await (suite.empty ?? suite.open)()
      await inWorld(world, async () => assert.deepEqual(recordsIn(await readAll(world, await planOf(world))), []))
    },
    !suite.empty && 'the suite was given no `empty` world',
  )
  return [...bound, empty]
}

function faultCases<T, W extends SourceWorld<T>>(suite: SourceSuite<T, W>): SourceCase<T, W>[] {
  const names = new Set([...Object.keys(known), ...Object.keys(suite.faults ?? {})])
  return [...names].map(name => {
    const fault = suite.faults?.[name]
    return {
      name: `what is ${name} ends in an error of the right code and retry verdict`,
      skip: !fault && `the suite was given no fault \`${name}\``,
      async body(world) {
        if (!fault) return
        const expected = typeof fault === 'function' ? (known[name] ?? { family: 'ETL_SOURCE_' }) : fault
        await (typeof fault === 'function' ? fault(world) : fault.arm(world))
        const reading = planOf(world).then(plan => readAll(world, plan))
        // Broken input may cost single records instead of the whole read.
        if (name === 'malformed' && (await unreadable(reading)) > 0) return
        isExpected(await failureOf(reading, 'the read'), expected, 'the read')
      },
    }
  })
}

const unreadable = (reading: ReturnType<typeof readAll>): Promise<number> =>
  reading.then(
    batches => batches.reduce((sum, batch) => sum + batch.unreadable, 0),
    () => 0,
  )

async function inWorld<T, W extends SourceWorld<T>>(world: W, act: (world: W) => Promise<void>): Promise<void> {
  try {
    await act(world)
  } finally {
    await world.close?.()
  }
}
