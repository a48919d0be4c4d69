import assert from 'node:assert/strict'
import type { ContractCase } from '../src/index.js'

/** Those of the named cases that do not hold. A suite that finds a defect names it here. */
export async function failing(cases: readonly ContractCase[], names: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of names)
    await caseNamed(cases, name)
      .run()
      .catch(() => found.push(name))
  return found
}

/** The named case; fails if there is none of that name. */
export function caseNamed(cases: readonly ContractCase[], name: string): ContractCase {
  return cases.find(each => each.name === name) ?? assert.fail(`there is no case "${name}"`)
}

/** Expects that the cases find a defect: every one of the named fails. */
export async function expectFailing(cases: readonly ContractCase[], ...names: string[]): Promise<void> {
  assert.deepEqual(await failing(cases, names), names)
}
