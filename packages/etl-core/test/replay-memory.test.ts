import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { definePipeline, type Flow, from, RecordError, replayRejects, type Sink, type StateStore } from '../src/index.js'
import { eager, memoryState, numbers, parts, rejectsIn, runNumbers, table } from './world.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** State that tells how many of the reject documents it ever handed out are still held, at most. */
function watchedState(state: StateStore) {
  const handedOut: WeakRef<object>[] = []
  let heldAtMost = 0
  let loads = 0
  const watched: StateStore = {
    ...state,
    async load(key) {
      const found = await state.load(key)
      if (!found || !key.startsWith('rejects/')) return found
      loads++
      handedOut.push(new WeakRef((found.value as { rejects: object }).rejects))
      // What was handed out in this turn is held by the turn itself.
      await new Promise(resolve => setImmediate(resolve))
      collectGarbage()
      heldAtMost = Math.max(heldAtMost, handedOut.filter(each => each.deref() !== undefined).length)
      return found
    },
  }
  return { state: watched, held: () => ({ loads, heldAtMost }) }
}

const refusing = (flow: Flow<number>) =>
  flow.map(x => {
    if (x < 0) throw new RecordError('ETL_RECORD_INVALID', `no ${x}`)
    return x
  })
const splits = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`split-${at}`, [at, -1]]))

describe('planning a replay', () => {
  it.each<[string, () => Sink<number>]>([
    ['replaced', () => parts().sink],
    ['appended to', () => table().sink],
  ])('holds a few documents of rejects and not all, where groups are %s', async (_, sinkOf) => {
    const sink = sinkOf()
    const plain = memoryState()
    await runNumbers(numbers({ splits }).source, sink, { state: plain }, refusing)
    const { state, held } = watchedState(plain)
    const pipeline = definePipeline({ name: 'numbers', build: () => from(numbers({ splits }).source).into(sink) })

    const report = await replayRejects(pipeline, {}, {}, { ...eager, state })

    expect(report.status).toBe('succeeded')
    expect(held().loads).toBeGreaterThanOrEqual(80)
    expect(held().heldAtMost).toBeLessThan(20)
    expect(await rejectsIn(plain)).toEqual([])
  })
})
