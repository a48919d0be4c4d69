import assert from 'node:assert/strict'
import { type ContractCase, contractCase } from '../case.js'
import { type CrashPoint, type CrashReport, crashEveryPoint } from './crash-points.js'
import type { CrashOptions } from './world.js'

/** {@link crashEveryPoint} as two cases: one for dying, one for stopping. Both look at one series of runs. */
export function crashCases<T, U = T>(options: CrashOptions<T, U>): ContractCase[] {
  let report: Promise<CrashReport> | undefined
  const found = () => {
    report ??= crashEveryPoint(options)
    return report
  }
  const check = async (kind: CrashPoint['kind']) => {
    const { failures, points } = await found()
    const bad = failures.filter(point => point.kind === kind)
    const lines = bad.slice(0, 5).map(point => `${point.when} call ${point.call}, ${point.at}: ${point.failure}`)
    const tried = points.filter(point => point.kind === kind).length
    assert.ok(tried > 0, 'no point was tried')
    assert.equal(bad.length, 0, `${bad.length} of ${tried} points:\n${lines.join('\n')}`)
  }
  return [
    contractCase('wherever the process dies, the next run ends as if nothing had happened', () => check('crash')),
    contractCase('stopped at any batch, the next run ends as if nothing had happened', () => check('stop')),
  ]
}
