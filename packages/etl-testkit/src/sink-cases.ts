import type { ContractCase } from './case.js'
import { arrivalCases } from './sink/arrival-cases.js'
import { failureCases } from './sink/failure-cases.js'
import { publishCases } from './sink/publish-cases.js'
import { replayCases } from './sink/replay-cases.js'
import type { SinkSuite, SinkWorld } from './sink/suite.js'

/** The contract of a sink, case by case. The sink is driven by hand as the runner drives it; state's part is played by the case. */
export function sinkCases<T, W extends SinkWorld<T>>(suite: SinkSuite<T, W>): ContractCase[] {
  return [...arrivalCases(suite), ...replayCases(suite), ...publishCases(suite), ...failureCases(suite)]
}
