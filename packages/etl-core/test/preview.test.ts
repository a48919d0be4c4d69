import { describe, expect, it } from 'vitest'
import { definePipeline, from, preview } from '../src/index.js'
import { documents, memoryState, numbers, parts, runNumbers } from './world.js'

describe('preview', () => {
  it('says which groups would be loaded or skipped and why, and writes nothing', async () => {
    const state = memoryState()
    const { sink } = parts()
    await runNumbers(numbers({ splits: { a: [1] }, bookmark: 'm' }).source, sink, { state })
    const before = await documents(state)
    const runnable = from(numbers({ splits: { a: [1], b: [2] }, bookmark: 'm' }).source).into(sink)
    const pipeline = definePipeline({ name: 'numbers', build: () => runnable })

    const seen = await preview(pipeline, runnable, {}, { state })

    expect(seen).toMatchObject({
      resumes: null,
      groups: [
        { group: 'b', action: 'load', splits: 1 },
        { group: 'a', action: 'skip', reason: 'unchanged' },
      ],
    })
    expect(await documents(state)).toEqual(before)
  })

  it('names the unfinished load a run would take up, without asking the source', async () => {
    const state = memoryState()
    const stop = new AbortController()
    const { sink } = parts()
    const stopping = numbers({ splits: { a: [1, 2, 3] }, before: () => stop.abort() })
    const stopped = await runNumbers(stopping.source, sink, { state, signal: stop.signal })
    const next = numbers({ splits: { a: [1, 2, 3] } })
    const runnable = from(next.source).into(sink)

    const seen = await preview(definePipeline({ name: 'numbers', build: () => runnable }), runnable, {}, { state })

    expect(seen).toMatchObject({ resumes: stopped.loadId, groups: [{ group: 'a', action: 'load', reason: 'unfinished' }] })
    expect(next.asked.plans).toBe(0)
  })
})
