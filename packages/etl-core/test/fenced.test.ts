import { describe, expect, it } from 'vitest'
import { discardRejects, type StateStore } from '../src/index.js'
import { documents, memoryState, movedClock, numbers, parts, rejectsIn, runNumbers, standstill } from './world.js'

/** State of which the first call that fits stands still, before it happens, until it is let go. */
function standingAt(state: StateStore, fits: (call: string) => boolean) {
  const { here, go, stand } = standstill()
  let waits = true
  const standOnce = async <V>(call: string, act: () => Promise<V>): Promise<V> => {
    if (waits && fits(call)) {
      waits = false
      await stand()
    }
    return act()
  }
  const standing: StateStore = {
    load: key => standOnce(`load ${key}`, () => state.load(key)),
    save: (key, value, expected) => standOnce(`save ${key}`, () => state.save(key, value, expected)),
    remove: (key, expected) => standOnce(`remove ${key}`, () => state.remove(key, expected)),
    async *list(prefix) {
      await standOnce(`list ${prefix}`, async () => undefined)
      yield* state.list(prefix)
    },
  }
  return { state: standing, here, go }
}

const elsewhere = { host: 'elsewhere', space: 'other', pid: 7, processStart: 1 }
/** Longer than a lease holds. */
const tooLongMs = 60_000

/** A run that sleeps at a call of its state until its lease is over; then others run, and it wakes. */
function sleeper(fits: (call: string) => boolean) {
  const state = memoryState()
  const clock = movedClock()
  const { sink, published } = parts({ refuse: record => record < 0 })
  const load = (
    records: Readonly<Record<string, readonly number[]>>,
    bookmark: string,
    over: object = {},
    before?: () => unknown,
  ) =>
    runNumbers(numbers({ splits: records, group: 'all', bookmark, before: async () => void (await before?.()) }).source, sink, {
      state,
      clock,
      owner: elsewhere,
      ...over,
    })
  const standing = standingAt(state, fits)
  const asleep = (records: Readonly<Record<string, readonly number[]>>, bookmark: string) => {
    const running = load(records, bookmark, { state: standing.state, owner: { ...elsewhere, host: 'asleep', space: 'asleep' } })
    running.catch(() => undefined)
    return standing.here.then(() => {
      clock.advance(tooLongMs)
      const wake = () => {
        standing.go()
        return running
      }
      return { wake }
    })
  }
  return { state, published, load, asleep }
}

const conflict = { code: 'ETL_STATE_CONFLICT' }

describe('a run that slept through its lease', () => {
  it('does not put its plan in the place of the one that another is at', async () => {
    const { published, load, asleep } = sleeper(call => /^load loads.*plan/.test(call))
    const { wake } = await asleep({ old: [1, 2] }, 'b1')
    let woken: Promise<unknown> | undefined

    const report = await load({ new: [3, 4] }, 'b2', {}, async () => {
      woken ??= wake()
      await woken.catch(() => undefined)
    })

    expect(report.status).toBe('succeeded')
    expect(published).toEqual({ all: [3, 4] })
    await expect(woken).rejects.toMatchObject(conflict)
  })

  it('begins under another name what it begins after it lost its load', async () => {
    const { load, asleep, state } = sleeper(call => /^load loads.*plan/.test(call))
    const { wake } = await asleep({ a: [1, -2] }, 'b1')
    const taken = await load({ a: [1, -2] }, 'b1')

    const report = await wake()

    expect(report.loadId).not.toBe(taken.loadId)
    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([-2])
  })

  it('leaves no reject behind once its load is done and gone', async () => {
    const { state, load, asleep } = sleeper(call => call.startsWith('save rejects/'))
    const { wake } = await asleep({ a: [1, -2] }, 'b1')
    await load({ a: [1, -2] }, 'b1')
    await discardRejects(state, {})

    await expect(wake()).rejects.toMatchObject(conflict)

    expect(await rejectsIn(state)).toEqual([])
  })

  it('is told so, too, where it wakes to finish a load that is over', async () => {
    let looks = 0
    // The first is that of the beginning; finishing makes sure of its owner and reads what the head says.
    const { load, asleep } = sleeper(call => call === 'load head' && ++looks === 3)
    const { wake } = await asleep({ a: [1, 2] }, 'b1')
    await load({ a: [1, 2] }, 'b1')

    await expect(wake()).rejects.toMatchObject(conflict)
  })

  it('removes none of the rejects of later loads', async () => {
    let looks = 0
    // The first is that of the attempt, at what an earlier one left; the second that of closing, at rejects that are made good.
    const { state, load, asleep } = sleeper(call => call.startsWith('list rejects/') && ++looks === 2)
    const { wake } = await asleep({ a: [1, -2] }, 'b1')
    await load({ a: [1, -2] }, 'b1')
    await load({ a: [3, -4] }, 'b2')

    await expect(wake()).rejects.toMatchObject(conflict)

    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([-4])
  })

  it('does not count as published what another is giving up', async () => {
    const { state, load, asleep } = sleeper(call => call === 'save bookmarks')
    const { wake } = await asleep({ a: [1, -2] }, 'b1')
    let woken: Promise<unknown> | undefined
    let looks = 0
    // It wakes when the run that gives its load up has looked at what is published; that run dies as it begins its own.
    const givingUp: StateStore = {
      ...state,
      async load(key) {
        if (key === 'bookmarks' && ++looks === 2) throw new Error('it died')
        return state.load(key)
      },
      list(prefix) {
        woken ??= wake()
        return state.list(prefix)
      },
    }
    await expect(load({ a: [1, -2] }, 'b1', { full: true, state: givingUp })).rejects.toThrow('it died')
    await expect(woken).rejects.toMatchObject(conflict)

    await load({ a: [1, -2] }, 'b1')

    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([-2])
  })

  it('leaves nothing of a load that is over', async () => {
    const { state, load, asleep } = sleeper(call => /^save loads.*splits/.test(call))
    const { wake } = await asleep({ a: [1, 2] }, 'b1')
    await load({ a: [1, 2] }, 'b1')

    await expect(wake()).rejects.toMatchObject(conflict)

    expect(Object.keys(await documents(state)).sort()).toEqual(['bookmarks', 'head'])
  })
})

describe('a load', () => {
  it('goes on where an owner that was succeeded takes its rejects back while they are dropped', async () => {
    const state = memoryState()
    const died = new Error('it died')
    const refuse = { refuse: (record: number) => record < 0 }
    const stopping = numbers({
      splits: { a: [1, -2, 3, 4] },
      before: (_, at) => {
        if (at === 2) throw died
      },
    })
    // Nothing is flushed: the reject lies there, and the checkpoint does not know of it.
    const seldom = { state, flushEvery: { batches: 100, intervalMs: 60_000 } }
    await runNumbers(stopping.source, parts(refuse).sink, seldom)
    const takenBack: StateStore = {
      ...state,
      async remove(key, expected) {
        if (key.startsWith('rejects/')) await state.remove(key, expected)
        return state.remove(key, expected)
      },
    }

    const report = await runNumbers(numbers({ splits: { a: [1, -2, 3, 4] } }).source, parts(refuse).sink, { state: takenBack })

    expect(report.status).toBe('succeeded')
    expect((await rejectsIn(state)).map(({ raw }) => raw)).toEqual([-2])
  })

  it('leaves nothing, also where an owner that was succeeded writes its last while documents are removed', async () => {
    const state = memoryState()
    let written = false
    const beaten: StateStore = {
      ...state,
      async remove(key, expected) {
        const found = await state.load(key)
        if (found && !written && key.includes('/splits/')) await state.save(key, found.value, found.version)
        written ||= key.includes('/splits/')
        return state.remove(key, expected)
      },
    }

    await runNumbers(numbers({ splits: { a: [1, 2] } }).source, parts().sink, { state: beaten })

    expect(Object.keys(await documents(state)).sort()).toEqual(['bookmarks', 'head'])
  })

  it('whose plan is gone from state does not pass for complete', async () => {
    const state = memoryState()
    const { sink, published } = parts()
    const losePlan = async () => {
      for await (const key of state.list('loads/'))
        if (key.endsWith('/plan')) await state.remove(key, (await state.load(key))?.version as string)
    }
    const source = numbers({ splits: { a: [1, 2] }, before: losePlan }).source

    await expect(runNumbers(source, sink, { state })).rejects.toMatchObject(conflict)

    expect(published).toEqual({})
  })
})
