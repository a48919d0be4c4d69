import { memoryState, SinkError } from '@millrace/etl-core'
import { describe, expect, it } from 'vitest'
import { faulty, manualClock, memorySink, recordingLog, testContext, testSplitContext } from '../src/index.js'
import { memoryObjects } from './memory-object-store.js'

describe('contexts', () => {
  it('tell what a run would, with what the test says instead', () => {
    const ctx = testSplitContext({ split: { id: 'b', params: 1 }, pipeline: 'mine', resume: { cursor: 2, batchNo: 2 } })

    expect(ctx).toMatchObject({
      pipeline: 'mine',
      split: { id: 'b' },
      resume: { batchNo: 2 },
      load: { loadId: 'load-1', epoch: 1 },
    })
    expect(testContext().signal.aborted).toBe(false)
  })

  it('have a clock that stands until it is moved', () => {
    const clock = manualClock(1_000)
    clock.advance(500)
    expect(clock.now()).toBe(1_500)
    clock.set(10)
    expect(clock.now()).toBe(10)
  })

  it('have a log that keeps what it is told', () => {
    const log = recordingLog()
    log.warn('odd', { page: 2 })
    log.info('fine')
    expect(log.entries).toEqual([
      { level: 'warn', message: 'odd', context: { page: 2 } },
      { level: 'info', message: 'fine', context: {} },
    ])
  })
})

describe('faulty', () => {
  const away = new SinkError('ETL_SINK_UNAVAILABLE', 'away', { retry: 'later' })

  it('fails the chosen calls of a sink, after and as often as it is told, and lets the others be', async () => {
    const sink = faulty(memorySink<number>(), { call: 'flush', error: away, after: 1, times: 2 })
    const writer = await sink.open(testSplitContext())

    await writer.flush()
    await expect(writer.flush()).rejects.toBe(away)
    await expect(writer.flush()).rejects.toBe(away)
    await expect(writer.flush()).resolves.toBeUndefined()
    expect(sink.visible()).toEqual([])
  })

  it('lets a call happen and loses its answer', async () => {
    const state = faulty(memoryState(), { call: 'save', error: () => new Error('lost'), answerLost: true })

    await expect(state.save('a', 1, 'absent')).rejects.toThrow('lost')
    expect((await state.load('a'))?.value).toBe(1)
  })

  it('fails an object store', async () => {
    const store = faulty(memoryObjects(), { call: 'put', error: away })

    await expect(store.put('a', new Uint8Array(1))).rejects.toBe(away)
    await store.put('a', new Uint8Array(1))
    expect((await store.head('a'))?.bytes).toBe(1)
  })
})
