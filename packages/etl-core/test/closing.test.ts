import { expect, it } from 'vitest'
import { inspectState, memoryState, SinkError, StateError, type StateStore } from '../src/index.js'
import { eager, numbers, runNumbers, table } from './world.js'

/** State of which one write fails once, before it happens or after. */
function failingOnce(state: StateStore, atWrite: number, when: 'before' | 'after'): StateStore {
  let writes = 0
  const write = async <V>(act: () => Promise<V>): Promise<V> => {
    const fails = writes++ === atWrite
    const error = () => new StateError('ETL_STATE_UNAVAILABLE', 'The store is away for a moment.', { retry: 'later' })
    if (fails && when === 'before') throw error()
    const value = await act()
    if (fails) throw error()
    return value
  }
  return {
    load: key => state.load(key),
    list: prefix => state.list(prefix),
    save: (key, value, expected) => write(() => state.save(key, value, expected)),
    remove: (key, expected) => write(() => state.remove(key, expected)),
  }
}

/** Processes of one machine: whoever comes next sees that the one before is gone. */
const processNo = (processStart: number) => ({ host: 'here', space: 'here', pid: 1, processStart })

it.each(['before', 'after'] as const)(
  'whichever write of state fails once, %s it happened, the next run loads nothing twice',
  async when => {
    for (let atWrite = 0; atWrite < 30; atWrite++) {
      const { sink: keeping, rows, cursors } = table()
      const sink = { ...keeping, discard: async () => cursors.clear() }
      const state = memoryState()
      const source = () => numbers({ splits: { a: [1, 2, 3], b: [4] }, group: 'all' }).source
      const options = { ...eager, loadId: 'trigger-1' }
      await runNumbers(source(), sink, { ...options, state: failingOnce(state, atWrite, when), owner: processNo(1) }).catch(
        () => undefined,
      )

      await runNumbers(source(), sink, { ...options, state, owner: processNo(2) })

      expect([...rows].sort(), `write ${atWrite}`).toEqual([1, 2, 3, 4])
    }
  },
)

/** A sink that cannot remove what a load left, so often. */
function slowToTidy(times: number) {
  const { sink } = table()
  let left = times
  const discard = async () => {
    if (left-- > 0) throw new SinkError('ETL_SINK_UNAVAILABLE', 'The sink is away for a moment.', { retry: 'later' })
  }
  return { ...sink, discard }
}
const leftToTheNext = expect.stringContaining('the next run tries again')
const one = () => numbers({ splits: { a: [1] } }).source

it('cleaning up that fails for a moment is tried again, and leaves the next run nothing', async () => {
  const state = memoryState()

  const report = await runNumbers(one(), slowToTidy(2), { state })

  expect(report.status).toBe('succeeded')
  expect(report.notes).not.toContainEqual(leftToTheNext)
  expect((await inspectState(state)).load).toBeNull()
})

it('cleaning up that keeps failing is left to the next run, and the report says so', async () => {
  const state = memoryState()
  const sink = slowToTidy(3)

  const report = await runNumbers(one(), sink, { state })

  expect(report.status).toBe('succeeded')
  expect(report.notes).toContainEqual(leftToTheNext)
  await runNumbers(one(), sink, { state })
  expect((await inspectState(state)).load).toBeNull()
})

it('a run that only cleans up after a load has nothing left to do, and says so', async () => {
  const state = memoryState()
  const { sink } = table()
  const away = new StateError('ETL_STATE_UNAVAILABLE', 'The store is away for a moment.', { retry: 'later' })
  const remove: StateStore['remove'] = (key, expected) =>
    key.endsWith('/plan') ? Promise.reject(away) : state.remove(key, expected)
  const options = { ...eager, loadId: 'trigger-1' }
  await runNumbers(one(), sink, { ...options, state: { ...state, remove } })

  const report = await runNumbers(one(), sink, { ...options, state })

  expect(report).toMatchObject({ status: 'succeeded', left: 0, splits: [] })
  expect((await inspectState(state)).load).toBeNull()
})
