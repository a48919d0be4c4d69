import { describe, expect, it } from 'vitest'
import { countingState } from './counting.js'
import { documents, memoryState, movedClock, numbers, parts, runNumbers } from './world.js'

const dayMs = 86_400_000

/** Runs triggered loads over one state and a clock that tests move. */
function triggers() {
  const clock = movedClock()
  const counting = countingState(memoryState())
  const { sink } = parts()
  const { state } = counting
  const fire = (loadId: string) => runNumbers(numbers({ splits: { a: [1] } }).source, sink, { state, clock, loadId })
  const marks = async () => Object.keys(await documents(state)).filter(key => key.startsWith('done/'))
  /** Marks as that many triggers would have left them on the clock's day. */
  const leave = async (count: number) => {
    const day = new Date(clock.now()).toISOString().slice(0, 10)
    for (let at = 0; at < count; at++) await state.save(`done/${day}/earlier-${at}`, { format: 1 }, 'absent')
    counting.since()
  }
  return { ...counting, clock, fire, marks, leave }
}

describe('the marks of triggered loads', () => {
  it('cost a load the same number of requests, however many there are', async () => {
    const { fire, leave, since } = triggers()
    await fire('first')
    since()
    await fire('alone')
    const alone = since()
    await leave(500)

    await fire('after many')

    expect(since()).toHaveLength(alone.length)
    expect(alone.filter(call => call.startsWith('load done/'))).toHaveLength(10)
    expect(alone.filter(call => call.startsWith('list done/'))).toEqual([])
  })

  it('are looked for on all of their days at once', async () => {
    const { fire, peak, since } = triggers()
    await fire('one')
    peak()
    since()

    expect(await fire('one')).toMatchObject({ status: 'unchanged', reason: 'load one was done before' })

    expect(peak()).toBe(9)
    expect(since().filter(call => call.startsWith('load done/'))).toHaveLength(9)
  })

  it('hold for 7 days and to the end of the last one, also for a machine whose clock is a day behind', async () => {
    const { fire, clock } = triggers()
    clock.advance(dayMs - 1000)
    await fire('one')

    const statuses: string[] = []
    for (const days of [-1, 0, 7, 8]) {
      clock.advance(days * dayMs)
      statuses.push((await fire('one')).status)
      clock.advance(-days * dayMs)
    }

    expect(statuses).toEqual(['unchanged', 'unchanged', 'unchanged', 'succeeded'])
  })

  it('are swept some at a time when their days are over, by day and without opening others', async () => {
    const { fire, leave, marks, clock, since } = triggers()
    await fire('first')
    await leave(99)
    clock.advance(dayMs)
    await leave(3)
    clock.advance(7 * dayMs)
    await leave(200)

    await fire('second')
    const requests = since()

    expect(requests.filter(call => call.startsWith('remove done/'))).toHaveLength(64)
    expect(requests.filter(call => call.startsWith('list done/')).at(-1)).toBe('list done/2026-01-01/')
    expect(await marks()).toHaveLength(36 + 3 + 201)
    await fire('third')
    expect((await marks()).map(key => key.slice(5, 15))).toEqual([
      ...Array.from({ length: 3 }, () => '2026-01-02'),
      ...Array.from({ length: 202 }, () => '2026-01-09'),
    ])
    since()
    await fire('fourth')
    expect(since().filter(call => call.startsWith('list done/'))).toEqual([])
  })

  it('are swept after a long pause, too, a few days in each load', async () => {
    const { fire, marks, clock, since } = triggers()
    await fire('first')
    clock.advance(15 * dayMs)
    await fire('second')
    clock.advance(40 * dayMs)
    since()

    for (const loadId of ['a', 'b', 'c']) {
      await fire(loadId)
      expect(since().filter(call => call.startsWith('list done/')).length).toBeLessThanOrEqual(16)
    }

    expect((await marks()).map(key => key.slice(16))).toEqual(['a', 'b', 'c'])
  })
})
