import { describe, expect, it } from 'vitest'
import { type Flow, listRejects, RecordError, type Reject, type RejectFilter } from '../src/index.js'
import { countingState } from './counting.js'
import { documents, down, memoryState, numbers, parts, rejectsIn, runNumbers, table } from './world.js'

/** Rejects what is negative. */
const refusing = (flow: Flow<number>) =>
  flow.map(x => {
    if (x < 0) throw new RecordError('ETL_RECORD_INVALID', `no ${x}`)
    return x
  })
const many = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`other-${from + at}`, [1, -1]]))

describe('rejects at the end of a load that appends', () => {
  it('cost nothing but what the load itself rejected, however many earlier loads have left', async () => {
    const { state, since } = countingState(memoryState())
    const { sink } = table()
    const load = async () => {
      since()
      await runNumbers(numbers({ splits: { a: [1, -2], b: [3, 4] } }).source, sink, { state }, refusing)
      return since().filter(call => !call.startsWith('load head'))
    }
    const first = await load()
    for (let loads = 0; loads < 30; loads++) await load()

    const last = await load()

    expect(last).toHaveLength(first.length)
    expect(last.filter(call => /^(load|remove) rejects\//.test(call))).toEqual([])
    expect(await rejectsIn(state)).toHaveLength(32)
  })

  it('of a group that failed are marked and known, and only they go when it is published', async () => {
    const { state, since } = countingState(memoryState())
    const { sink } = table()
    const load = (broken: boolean) => {
      const before = (split: string, at: number) => {
        if (broken && split === 'a' && at > 0) throw down()
      }
      return runNumbers(numbers({ splits: { a: [1, -2, 3], b: [-4] }, before }).source, sink, { state, retry }, refusing)
    }
    const retry = { attempts: 1, firstMs: 1, maxMs: 1 }
    await load(false)
    const given = await load(true)
    // Taken up once more, failed again, given up, planned anew.
    await load(true)
    const failed = (await rejectsIn(state)).filter(({ loadId, group }) => loadId === given.loadId && group === 'a')
    const kept = (await rejectsIn(state)).filter(({ group }) => group === 'b').length
    since()

    await load(false)

    expect(failed).toHaveLength(1)
    const left = await rejectsIn(state)
    expect(left.filter(({ loadId, group }) => loadId === given.loadId && group === 'a')).toEqual([])
    expect(left.filter(({ group }) => group === 'b').length).toBeGreaterThanOrEqual(kept)
    expect(Object.keys(await documents(state)).filter(key => key.startsWith('unpublished/'))).toEqual([])
  })
})

describe('rejects at the end of a load that replaces', () => {
  it('are looked for below its own groups, and not opened', async () => {
    const { state, since } = countingState(memoryState())
    const { sink } = parts()
    const load = async () => {
      since()
      await runNumbers(numbers({ splits: { a: [1, -2] } }).source, sink, { state }, refusing)
      return since()
    }
    await load()
    const alone = await load()
    await runNumbers(numbers({ splits: many(40) }).source, sink, { state }, refusing)

    const among = await load()

    expect(among).toHaveLength(alone.length)
    // The one of the load before, which is removed.
    expect(among.filter(call => call.startsWith('load rejects/'))).toHaveLength(1)
    expect(await rejectsIn(state)).toHaveLength(41)
  })

  it('of very many groups are looked for in one listing', async () => {
    const { state, since } = countingState(memoryState())
    const { sink } = parts()
    await runNumbers(numbers({ splits: many(20, 60) }).source, sink, { state }, refusing)
    since()

    await runNumbers(numbers({ splits: many(70) }).source, sink, { state }, refusing)
    const requests = since()

    expect(requests.filter(call => call === 'list rejects/')).toHaveLength(1)
    // Of the 20, 10 groups were loaded again.
    expect(requests.filter(call => call.startsWith('load rejects/'))).toHaveLength(10)
    expect((await rejectsIn(state)).map(({ split }) => split).sort()).toEqual(Object.keys(many(80)).sort())
  })
})

describe('stored rejects', () => {
  it.each<[string, RejectFilter, number]>([
    ['a group', { group: 'other-3' }, 1],
    ['a split', { split: 'other-4' }, 1],
    ['a load', { loadId: 'second' }, 2],
    ['a group of a load', { loadId: 'second', group: 'other-20' }, 1],
    ['a load that is not there', { loadId: 'third' }, 0],
  ])('of %s are found without opening others, in order of their loads', async (_, filter, opened) => {
    const { state, since } = countingState(memoryState())
    const { sink } = parts()
    await runNumbers(numbers({ splits: many(20) }).source, sink, { state, loadId: 'first' }, refusing)
    await runNumbers(numbers({ splits: many(2, 20) }).source, sink, { state, loadId: 'second' }, refusing)
    since()

    const found: Reject[] = []
    for await (const reject of listRejects(state, filter)) found.push(reject)

    expect(found).toHaveLength(opened)
    expect(since().filter(call => call.startsWith('load rejects/'))).toHaveLength(opened)
    expect((await rejectsIn(state)).map(({ loadId }) => loadId)).toEqual([
      ...Array.from({ length: 20 }, () => 'first'),
      ...Array.from({ length: 2 }, () => 'second'),
    ])
  })
})
