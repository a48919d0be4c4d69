import { describe, expect, it } from 'vitest'
import { atOnce } from '../src/at-once.js'
import { inspectState, resetState, type Sink } from '../src/index.js'
import { countingState } from './counting.js'
import { documents, memoryState, numbers, parts, runNumbers } from './world.js'

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('what is done to many at once', () => {
  it('is done to 16 at a time, and gives results in the order of the items', async () => {
    let open = 0
    let peak = 0

    const results = await atOnce(
      Array.from({ length: 50 }, (_, at) => at),
      async at => {
        peak = Math.max(peak, ++open)
        for (let turns = at % 7; turns >= 0; turns--) await turn()
        open--
        return at * 10
      },
    )

    expect(peak).toBe(16)
    expect(results).toEqual(Array.from({ length: 50 }, (_, at) => at * 10))
  })

  it('fails with the error of the first item by order, begins nothing more and leaves nothing on its way', async () => {
    const begun: number[] = []
    let open = 0

    const all = atOnce(
      Array.from({ length: 50 }, (_, at) => at),
      async at => {
        begun.push(at)
        open++
        for (let turns = 0; turns < Math.max(20 - at, 5); turns++) await turn()
        open--
        if (at === 3 || at === 9) throw new Error(`item ${at}`)
      },
    )

    await expect(all).rejects.toThrow('item 3')
    expect(open).toBe(0)
    expect(begun.length).toBeLessThan(40)
  })
})

describe('a load of 40 splits', () => {
  const splits = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`split-${at}`, [at]]))

  it('looks at its groups, 16 at a time, and hands each its own back', async () => {
    let open = 0
    let peak = 0
    const found = new Map<string, unknown>()
    const { sink } = parts()
    const surveyed: Sink<number> = {
      ...sink,
      async survey([split]) {
        peak = Math.max(peak, ++open)
        for (let turns = Number(split?.id.slice(6)) % 5; turns >= 0; turns--) await turn()
        open--
        return { of: split?.id ?? '' }
      },
      async publish(group) {
        found.set(group.name, group.found)
        return {}
      },
    }

    await runNumbers(numbers({ splits }).source, surveyed)

    expect(peak).toBe(16)
    expect([...found]).toEqual(Object.keys(splits).map(id => [id, { of: id }]))
  })

  it('reads and removes the documents of its splits 16 at a time when it ends', async () => {
    const { state, calls } = countingState(memoryState())
    const peaks = { load: 0, remove: 0 }
    const open = { load: 0, remove: 0 }
    const during = async <V>(kind: 'load' | 'remove', key: string, act: () => Promise<V>): Promise<V> => {
      if (!key.includes('/splits/')) return act()
      peaks[kind] = Math.max(peaks[kind], ++open[kind])
      try {
        return await act()
      } finally {
        open[kind]--
      }
    }
    const watched = {
      ...state,
      load: (key: string) => during('load', key, () => state.load(key)),
      remove: (key: string, expected: string) => during('remove', key, () => state.remove(key, expected)),
    }

    const report = await runNumbers(numbers({ splits }).source, parts().sink, { state: watched, concurrency: 1 })

    expect(report.splits.map(({ split }) => split)).toEqual(Object.keys(splits))
    expect(peaks).toEqual({ load: 16, remove: 16 })
    expect(calls.filter(call => call.startsWith('remove loads/'))).toHaveLength(41)
    expect(Object.keys(await documents(state))).toEqual(['bookmarks', 'head'])
  })

  it('is shown, abandoned and reset 16 documents at a time', async () => {
    const counting = countingState(memoryState())
    const { state } = counting
    const stop = new AbortController()
    const data = numbers({ splits, before: split => (split === 'split-30' ? stop.abort() : undefined) })
    await runNumbers(data.source, parts().sink, { state, signal: stop.signal })

    counting.peak()
    expect((await inspectState(state)).load?.splits.map(({ split }) => split)).toEqual(Object.keys(splits))
    expect(counting.peak()).toBe(16)
    await resetState(state, 'numbers', 'memory')
    expect(counting.peak()).toBe(16)
    expect(Object.keys(await documents(state))).toEqual(['head'])
  })
})
