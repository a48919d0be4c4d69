import type { ObjectStoreSuite } from './object-store/world.js'
import { objectStoreCases } from './object-store-cases.js'
import { describeCases } from './register.js'
import { type StateStoreSuite, stateStoreCases } from './state-store-cases.js'

/**
 * The contract of a state store as vitest tests: compare-and-set, races of 20 writers, keys, listing, reopening.
 *
 * @param suite.open - Called once per case; gives a store at a place of its own that is empty.
 * @example
 * describeStateStore('memoryState', { open: () => ({ store: memoryState() }) })
 */
export function describeStateStore(name: string, suite: StateStoreSuite): void {
  describeCases(name, stateStoreCases(suite))
}

/**
 * The contract of an object store as vitest tests: whole or not at all, conditions and races, ranges, listing, assembling, keys, memory,
 * signals. The case of thousands of objects writes 1,100 (12,000 when `MILLRACE_TEST_LONG` is set), hence a timeout of a minute.
 *
 * @param suite.open - Called once per case; gives a store at a place of its own that is empty.
 * @param suite.manyObjects - Fewer of those for a server that is slow.
 */
export function describeObjectStore(name: string, suite: ObjectStoreSuite): void {
  describeCases(name, objectStoreCases(suite), 60_000)
}
