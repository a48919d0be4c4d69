import assert from 'node:assert/strict'
import { type ContractCase, contractCase } from '../case.js'
import { crashEveryPoint } from './crash-points.js'
import type { CrashKind, CrashOptions } from './world.js'

const sentences: Readonly<Record<CrashKind, string>> = {
  crash: 'wherever the process dies, the next run ends as if nothing had happened',
  stop: 'stopped at any batch, the next run ends as if nothing had happened',
  outage: 'whichever call fails once, the records and rejects arrive as if it had not',
  failure: 'whichever batch fails for good, the other groups are published and the next run ends as if it had not',
  pause: 'a process that sleeps at any call while others do its work harms nothing when it wakes',
  company: 'a second run that comes at any call of the first is refused, or does no harm',
}

/** {@link crashEveryPoint} as cases: one for the undisturbed run, one for each of `kinds`. */
export function crashCases<T, U = T>(options: CrashOptions<T, U>): ContractCase[] {
  const kinds = options.kinds ?? ['crash', 'stop']
  return [
    contractCase(
      'a run that nothing happens to leaves what is expected',
      async () => assert.equal((await crashEveryPoint({ ...options, kinds: [] })).undisturbed, undefined),
      options.expected === undefined && options.mended === undefined && 'the suite was told no `expected` records',
    ),
    ...kinds.map(kind => contractCase(sentences[kind], () => heldEverywhere(options, kind))),
  ]
}

/** Fails unless all is well after every point of a kind. */
export async function heldEverywhere<T, U = T>(options: CrashOptions<T, U>, kind: CrashKind): Promise<void> {
  const { failures, points } = await crashEveryPoint({ ...options, kinds: [kind] })
  const lines = failures.slice(0, 5).map(point => `${point.when} call ${point.call}, ${point.at}: ${point.failure}`)
  assert.ok(points.length > 0, 'no point was tried')
  assert.equal(failures.length, 0, `${failures.length} of ${points.length} points:\n${lines.join('\n')}`)
}
