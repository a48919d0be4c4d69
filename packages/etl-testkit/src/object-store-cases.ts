import { type ContractCase, contractCase, ruledOut } from './case.js'
import { listCases } from './object-store/list-cases.js'
import { readCases } from './object-store/read-cases.js'
import type { ObjectStoreSuite } from './object-store/world.js'
import { writeCases } from './object-store/write-cases.js'

/** A long run lists more than ten pages of a thousand. */
const many = (): number => (process.env.MILLRACE_TEST_LONG ? 12_000 : 1_100)

/** The contract of an object store, case by case. */
export function objectStoreCases(suite: ObjectStoreSuite): ContractCase[] {
  return [...readCases, ...writeCases, ...listCases].map(({ name, body }) =>
    contractCase(name, async () => {
      const world = await suite.open()
      try {
        const { holdsBytes = false, manyObjects = many() } = suite
        await body(world.store, { ...world, holdsBytes, manyObjects, skip: ruledOut })
      } finally {
        await world.close?.()
      }
    }),
  )
}
