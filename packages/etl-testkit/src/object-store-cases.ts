import { type ContractCase, contractCase, ruledOut } from './case.js'
import { listCases } from './object-store/list-cases.js'
import { readCases } from './object-store/read-cases.js'
import type { ObjectStoreSuite } from './object-store/world.js'
import { writeCases } from './object-store/write-cases.js'

/** The contract of an object store, case by case. */
export function objectStoreCases(suite: ObjectStoreSuite): ContractCase[] {
  return [...readCases, ...writeCases, ...listCases].map(({ name, body }) =>
    contractCase(name, async () => {
      const world = await suite.open()
      try {
        await body(world.store, { ...world, holdsBytes: suite.holdsBytes ?? false, skip: ruledOut })
      } finally {
        await world.close?.()
      }
    }),
  )
}
