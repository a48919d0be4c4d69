import { describe, expect, it } from 'vitest'
import type { Source } from '../src/index.js'
import { memoryState, numbers, parts, runNumbers, table } from './world.js'

/** A sink that appends. */
const appending = () => {
  const { sink } = parts()
  return { ...sink, capabilities: { ...sink.capabilities, disposition: 'append' as const } }
}

const everything = 'The source gives no bookmarks: the next load appends everything again.'

describe('a load into a sink that appends', () => {
  it('says that the next one appends everything again, where nothing tells it what was read', async () => {
    const { source } = numbers({ splits: { a: [1], b: [2] } })

    const report = await runNumbers(source, appending(), { state: memoryState() })

    expect(report).toMatchObject({ status: 'succeeded', guarantee: { delivery: 'exactly once' }, notes: [everything] })
  })

  it('says it in every load, and of a sink that keeps the cursor itself', async () => {
    const { source } = numbers({ splits: { a: [1] } })
    const state = memoryState()
    const { sink, rows } = table()

    await runNumbers(source, sink, { state })
    const second = await runNumbers(source, sink, { state })

    expect([rows, second.notes]).toEqual([[1, 1], [everything]])
  })

  it('names the groups without a bookmark, if others have one', async () => {
    const { source } = numbers({ splits: { a: [1], b: [2], c: [3] } })
    const some: Source<number> = { ...source, plan: async ctx => ({ ...(await source.plan(ctx)), bookmarks: { b: 'seen' } }) }

    const { notes } = await runNumbers(some, appending(), { state: memoryState() })

    expect(notes).toEqual(['The source gives no bookmark for a, c: the next load appends what is there again.'])
  })

  it.each([
    ['its groups have bookmarks', numbers({ splits: { a: [1] }, bookmark: 'seen' }).source, appending(), {}],
    ['its trigger has an identity', numbers({ splits: { a: [1] } }).source, appending(), { loadId: 'monday' }],
    ['the sink replaces', numbers({ splits: { a: [1] } }).source, parts().sink, {}],
    ['a group failed', numbers({ splits: { a: [1] }, before: () => Promise.reject(new Error('no')) }).source, appending(), {}],
  ])('says nothing of it where %s', async (_, source, sink, options) => {
    const { notes } = await runNumbers(source, sink, { state: memoryState(), ...options })

    expect(notes.join()).not.toContain('bookmark')
  })
})
