import type { ContractCase } from './case.js'
import { arrivingCases } from './move/arriving-cases.js'
import { dyingCases } from './move/dying-cases.js'
import type { MoveSuite, MoveWorld } from './move/suite.js'
import { unfinishedCases } from './move/unfinished-cases.js'
import { verifyingCases } from './move/verifying-cases.js'

/**
 * The contract of a move between two places, case by case: no row is ever in neither of them, none is removed that was not read back, none
 * is moved twice. Every removal is looked at as it is asked for, every place whenever a process has ended.
 */
export function moveCases<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): ContractCase[] {
  return [...arrivingCases(suite), ...verifyingCases(suite), ...unfinishedCases(suite), ...dyingCases(suite)]
}
