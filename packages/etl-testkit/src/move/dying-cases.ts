import { move } from '@millrace/etl-core'
import type { ContractCase } from '../case.js'
import { sameRecords } from '../compare.js'
import { heldEverywhere } from '../crash/crash-cases.js'
import type { CrashOptions, CrashWorld } from '../crash/world.js'
import { kitOf, moveCase, removeRows } from './case-kit.js'
import type { MoveKind, MoveSuite, MoveWorld } from './suite.js'

const sentences: Readonly<Record<MoveKind, string>> = {
  crash: 'a move that dies at any call is finished by the next run: no row is ever in neither place, none is moved twice',
  stop: 'a move that is stopped at any batch is finished by the next run, and no row is ever in neither place',
  outage: 'whichever call fails once, every row is moved once, and is never in neither place',
  pause: 'a move that sleeps at any call while another machine finishes it harms nothing when it wakes',
  company: 'a second run that comes at any call of a move is refused, or does no harm',
}

/** Whatever happens to a process that moves, at whichever of its calls. */
export function dyingCases<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): ContractCase[] {
  const { kinds = Object.keys(sentences) as MoveKind[] } = suite
  // The world of the case itself only tells whether there can be a move at all.
  return kinds.map(kind => moveCase(suite, sentences[kind], () => heldEverywhere(crashOptions(suite, kind), kind)))
}

/** Two moves. While the first one reads, a row arrives and others grow old; before the second, more arrive. */
function crashOptions<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>, kind: MoveKind): CrashOptions<T> {
  const { steps, only, maxPoints, sample } = suite
  return {
    build: () => movingWorld(suite),
    ...(steps && { steps }),
    into: (flow, sink) => move(flow, sink, { removeRows }),
    // As by a clock. But what an outage left, the next run without a trigger would only clean up, and leave what is new to the one after it.
    ...(kind === 'outage' ? {} : { trigger: null }),
    ...(only && { only }),
    ...(maxPoints === undefined ? {} : { maxPoints }),
    ...(sample === undefined ? {} : { sample }),
  }
}

async function movingWorld<T, W extends MoveWorld<T>>(suite: MoveSuite<T, W>): Promise<CrashWorld<T>> {
  const kit = await kitOf(suite)
  const { world, add, addYoung, open, whole } = kit
  await add(0, 1, 2, 3, 4)
  if (suite.young) await addYoung(5)
  let quiet = true
  const meanwhile = {
    async reading() {
      if (!quiet) return
      quiet = false
      await add(6)
      await world.age?.()
    },
  }
  return {
    open: life => open(life, meanwhile),
    async read() {
      sameRecords(await world.left(), [], 'at the source, when all is done')
      return world.moved()
    },
    always: whole,
    next: () => add(7, 8).then(() => undefined),
    close: () => world.close?.(),
  }
}
