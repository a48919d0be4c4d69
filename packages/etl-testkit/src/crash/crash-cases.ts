import assert from 'node:assert/strict'
import { type ContractCase, contractCase } from '../case.js'
import { type CrashPoint, type CrashReport, crashEveryPoint } from './crash-points.js'
import type { CrashKind, CrashOptions } from './world.js'

const sentences: Readonly<Record<CrashKind, string>> = {
  crash: 'wherever the process dies, the next run ends as if nothing had happened',
  stop: 'stopped at any batch, the next run ends as if nothing had happened',
  outage: 'whichever call fails once, the records and rejects arrive as if it had not',
  failure: 'whichever batch fails for good, the other groups are published and the next run ends as if it had not',
  pause: 'a process that sleeps at any call while others do its work harms nothing when it wakes',
  company: 'a second run that comes at any call of the first is refused, or does no harm',
}

/** {@link crashEveryPoint} as cases: one for the undisturbed run, one for each of `kinds`. They look at one series of runs. */
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
  const kinds = options.kinds ?? ['crash', 'stop']
  return [
    contractCase(
      'a run that nothing happens to leaves what is expected',
      async () => assert.equal((await found()).undisturbed, undefined),
      options.expected === undefined && options.mended === undefined && 'the suite was told no `expected` records',
    ),
    ...kinds.map(kind => contractCase(sentences[kind], () => check(kind))),
  ]
}
